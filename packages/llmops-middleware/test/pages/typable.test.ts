import { describe, expect, it } from 'vitest'
import { blocksOf, isMade, PAGES, placeOf } from './blocks.ts'
import { untypable } from './typable.ts'

const pages = PAGES.filter((page) => !isMade(page)).map(blocksOf)

it('each line of a block of sh can be typed in sh, PowerShell and cmd', () => {
  const lines = pages
    .flat()
    .filter(({ language }) => language === 'sh')
    .flatMap((block) => block.text.split('\n').map((line) => ({ place: placeOf(block), line })))
  const refused = lines.flatMap(({ place, line }) => {
    const reason = untypable(line)
    return reason === undefined ? [] : [`${place}: ${line}: ${reason}`]
  })
  expect(refused).toEqual([])
  expect(lines.length).toBeGreaterThan(30)
})

it('each block for a POSIX shell alone has one for PowerShell next to it', () => {
  const alone = pages.flatMap((blocks) =>
    blocks.filter(({ language }, index) => language === 'bash' && blocks[index + 1]?.language !== 'powershell'),
  )
  expect(alone.map(placeOf)).toEqual([])
  expect(pages.flat().filter(({ language }) => language === 'bash')).not.toEqual([])
})

describe('a line', () => {
  it.each([
    'npx --yes pnpm@12 chaos inject --base-url http://127.0.0.1:3000 --fail-if "success<0.95"',
    `node -p "require('node:crypto').randomBytes(32).toString('hex')"`,
    'npx llmops tasks --failed | more',
  ])('can be typed alike: %s', (line) => expect(untypable(line)).toBeUndefined())

  it.each([
    ['LLMOPS_LIMIT_USD=50 node app.js', /variable before/],
    ['npx llmops doctor # all', /comment/],
    ["npx llmops task 'a'", /single quote/],
    ['npx llmops doctor \\', /continued/],
    ['cd a; npx llmops doctor', /separator/],
    ['npm init -y && npm pack', /separator/],
    ['eval "$(npx llmops aliases)"', /in the place of/],
    ['curl -s localhost:3000', /'curl'/],
    ['npx llmops tasks | cut -c1', /'cut'/],
    ['. .data/practice.env', /'\.'/],
    ['npx --yes pnpm@12 ask hi --base-url https://<site>.example', /placeholder/],
    ['npx llmops doctor --only dns,network', /comma/],
    ['echo %PATH%', /in the place of/],
  ])('cannot be typed alike: %s', (line, reason) => expect(untypable(line)).toMatch(reason))
})
