import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base'
import * as o200k from 'gpt-tokenizer/encoding/o200k_base'
import { describe, expect, it } from 'vitest'
import { DeliveredText } from './delivered-text.ts'

const ENCODINGS = Object.entries({ cl100k, o200k })

const SPACED = {
  prose: `Teams put agents into production and their dashboards stay green while one of them loops through fifty thousand
tokens, a tool returns garbage, or a prompt change drops the success rate to 60 % without a single HTTP 500. It's
nobody's fault; "green" only ever meant that something answered. What would you have measured instead?`,
  german: `Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und
sollen einander im Geiste der Brüderlichkeit begegnen. Straßenverkehrsordnung, Rechtsschutzversicherungsgesellschaft.`,
  code: `export function read(url: URL, body: Body): Facts | undefined {
  const cap = body['max_tokens'] ?? DEFAULT_CAP
  if (!Array.isArray(body.messages)) return undefined
  return { maxOutputTokens: typeof cap === 'number' && cap > 0 ? cap * 2 : 64, isStream: body.stream === true }
}`,
  json: JSON.stringify({ city: 'Reykjavik', unit: 'celsius', days: [1, 2, 3], at: '2026-11-24T09:08:31Z', ok: true }),
  table: '| order | total | state |\n|---|---:|---|\n| A-10293 | 1,204.50 | **shipped** |\n| B-77 | 12.00 | `open` |\n',
  russian: `Все люди рождаются свободными и равными в своём достоинстве и правах. Они наделены разумом и совестью и должны
поступать в отношении друг друга в духе братства.`,
}

const DENSE = {
  identifiers:
    '7b1f0c52-9a3e-4d18-b6a7-2f5e8c9d0a14 sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f0',
  base64: 'QWxhZGRpbjpvcGVuIHNlc2FtZSwgYW5kIHRoZW4gc29tZSBtb3JlIG9mIGl0IHRvIGhhdmUgZW5vdWdoIHRleHQu/9k8aGZQx2Vt',
  chinese:
    '人工智能代理在生产环境中运行时,仪表板保持绿色,而代理却在循环中消耗了五万个令牌。我们构建的中间件让它保持在预算之内。',
  japanese:
    '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗い所で泣いていた事だけは記憶している。',
  korean: '모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 이성과 양심을 부여받았으며',
  arabic: 'يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميرًا وعليهم أن يعامل بعضهم بعضًا.',
  hindi: 'सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।',
  thai: 'มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม',
  emoji: 'Done 🎉 and shipped 🚀🔥, thanks 👍🏽 to everyone 👩‍💻!',
}

/** The texts that a provider sends that puts so many tokens in a piece; half a character waits for its rest. */
function piecesOf(text: string, tokensAPiece: number, { encode, decode }: typeof o200k): string[] {
  const tokens = encode(text)
  const pieces: string[] = []
  let waiting: number[] = []
  for (let at = 0; at < tokens.length; at += tokensAPiece) {
    waiting.push(...tokens.slice(at, at + tokensAPiece))
    const piece = decode(waiting)
    if (piece.endsWith('\ufffd')) continue
    pieces.push(piece)
    waiting = []
  }
  return pieces
}

function delivered(pieces: readonly string[]): number {
  const text = new DeliveredText()
  for (const piece of pieces) text.add(piece)
  return text.tokens
}

describe.each(ENCODINGS)('text delivered in tokens of %s', (_, encoding) => {
  const truthOf = (text: string) => encoding.encode(text).length

  it.each(Object.entries(SPACED))('is counted by its pieces when each is a token: %s', (_, text) => {
    const tokens = delivered(piecesOf(text, 1, encoding))
    expect(tokens).toBeGreaterThanOrEqual(truthOf(text))
    expect(tokens).toBeLessThanOrEqual(Math.ceil(truthOf(text) * 1.02))
  })

  it.each(Object.entries({ ...SPACED, ...DENSE }))('is never counted below the truth in long pieces: %s', (_, text) => {
    for (const tokensAPiece of [5, 10, 40, 1000]) {
      expect(delivered(piecesOf(text, tokensAPiece, encoding))).toBeGreaterThanOrEqual(truthOf(text))
    }
  })
})

it('Latin text in long pieces is counted at most a fifth more than twice', () => {
  for (const text of [SPACED.prose, SPACED.german, SPACED.code, SPACED.json, SPACED.table]) {
    expect(delivered([text])).toBeLessThan(o200k.encode(text).length * 2.2)
  }
})
