import { describe, expect, it } from 'vitest'
import { boundaryOf, readForm } from './form-data.ts'

const LINE = '\r\n'
const part = (name: string, value: string, rest = '') =>
  `--b${LINE}Content-Disposition: form-data; name="${name}"${rest}${LINE}${LINE}${value}${LINE}`
const END = `--b--${LINE}`

describe('a form', () => {
  it('is what the standard reads of it', async () => {
    const form = new FormData()
    form.append('model', 'whisper-1')
    form.append('prompt', `Grüße${LINE}--b 👋`)
    form.append('file', new Blob([Buffer.from([0, 255, 13, 10, 45, 45, 128])]), 'a "b";.wav')
    form.append('granularities[]', 'word')
    form.append('granularities[]', 'segment')
    form.append('empty', '')
    const response = new Response(form)
    const boundary = boundaryOf(response.headers)!
    const read = readForm(Buffer.from(await response.arrayBuffer()).toString('latin1'), boundary)!
    expect({ ...read, file: undefined }).toEqual({
      model: 'whisper-1',
      prompt: `Grüße${LINE}--b 👋`,
      granularities: ['word', 'segment'],
      empty: '',
      file: undefined,
    })
    expect((read['file'] as { bytes: Buffer }).bytes).toEqual(Buffer.from([0, 255, 13, 10, 45, 45, 128]))
  })

  it('has its parts between its delimiters, and not where a longer word begins as they do', () => {
    const hidden = `text${LINE}--bb${LINE}Content-Disposition: form-data; name="model"${LINE}${LINE}cheap`
    expect(readForm(part('prompt', hidden) + part('model', 'dear') + END, 'b')).toEqual({
      prompt: hidden,
      model: 'dear',
    })
  })

  it('may have text before its first part, and spaces behind a delimiter', () => {
    const text = `preamble${LINE}${part('model', 'a').replace('--b', '--b  ')}${END}epilogue`
    expect(readForm(text, 'b')).toEqual({ model: 'a' })
  })

  it.each([
    ['has no end', part('model', 'a')],
    ['is none', '{"model":"a"}'],
    ['is empty', ''],
    ['has a part without a name', `--b${LINE}Content-Type: text/plain${LINE}${LINE}a${LINE}${END}`],
    ['has a text twice', part('n', '1') + part('n', '10') + END],
    ['has a text and a file of one name', part('n', '1') + part('n', 'a', '; filename="a"') + END],
  ])('is not read that %s', (_, text) => {
    expect(readForm(text, 'b')).toBeUndefined()
  })

  it.each([
    ['multipart/form-data; boundary=abc', 'abc'],
    ['multipart/form-data; boundary="a b"', 'a b'],
    ['Multipart/Form-Data; charset=utf-8; Boundary=abc', 'abc'],
    ['multipart/form-data', undefined],
    ['application/json; boundary=abc', undefined],
  ])('is recognised by its type: %s', (type, boundary) => {
    expect(boundaryOf(new Headers({ 'content-type': type }))).toBe(boundary)
  })
})
