import { describe, expect, it } from 'vitest'
import { tracedOps } from '../../test/support/traced-ops.ts'
import { createLlmOps, type Task } from '../index.ts'

const EVENT = 'gen_ai.evaluation.result'

describe('task.evaluate', () => {
  it('is the log event of the conventions, beside the span of its task', async () => {
    const { telemetry, logRecords, ops } = tracedOps({ agentId: 'shop', agentVersion: '3' })
    await ops.task({ tenant: 'contoso', conversationId: 'thread-7' }, (task) =>
      task.evaluate('relevance', 0.8, 'pass', 'Answers the question.'),
    )
    const [record, ...others] = logRecords()
    expect(others).toEqual([])
    expect(record?.eventName).toBe(EVENT)
    expect(record?.spanContext?.spanId).toBe(telemetry.spans[0]?.spanContext().spanId)
    expect(record?.attributes).toEqual({
      'gen_ai.agent.id': 'shop',
      'gen_ai.agent.name': 'agent',
      'gen_ai.agent.version': '3',
      'gen_ai.conversation.id': 'thread-7',
      'gen_ai.evaluation.name': 'relevance',
      'gen_ai.evaluation.score.value': 0.8,
      'gen_ai.evaluation.score.label': 'pass',
      'gen_ai.evaluation.explanation': 'Answers the question.',
    })
  })

  it('may come after the task has ended, for judges take their time', async () => {
    const { telemetry, logRecords, ops } = tracedOps({})
    const ended = await ops.task({ tenant: 'contoso' }, (task) => task)
    ended.evaluate('relevance', 1)
    expect(logRecords()[0]?.spanContext?.spanId).toBe(telemetry.spans[0]?.spanContext().spanId)
    expect(Object.keys(logRecords()[0]!.attributes)).not.toContain('gen_ai.evaluation.score.label')
  })

  it('of a nested task is beside the span of the whole, for it has none', async () => {
    const { telemetry, logRecords, ops } = tracedOps({})
    await ops.task({ tenant: 'contoso' }, () => ops.task({ name: 'inner' }, (task) => task.evaluate('tone', 0)))
    expect(logRecords()[0]?.spanContext?.spanId).toBe(telemetry.spans[0]?.spanContext().spanId)
  })

  it('goes nowhere, and harms nothing, where no logger provider is registered', async () => {
    await createLlmOps().task({ tenant: 'contoso' }, (task) => task.evaluate('relevance', 0.8, 'pass'))
  })

  it.each<[string, (task: Task) => void, RegExp]>([
    ['no name', (task) => task.evaluate('', 1), /^`name` must be a text/],
    ['a score that is no number', (task) => task.evaluate('tone', Number.NaN), /^`score` must be a finite number/],
    ['a label that is no text', (task) => task.evaluate('tone', 1, 5 as never), /^`label` must be a text/],
  ])('refuses %s', async (_, evaluate, message) => {
    await expect(createLlmOps().task({ tenant: 'contoso' }, evaluate)).rejects.toThrow(message)
  })
})
