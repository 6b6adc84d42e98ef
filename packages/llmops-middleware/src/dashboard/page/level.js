// A level is a shape and a word as well as a colour.

export const MARKS = { good: '●', warn: '▲', bad: '■', unknown: '○' }
export const WORDS = { good: 'fine', warn: 'watch', bad: 'bad', unknown: 'too few to judge' }

export const levelText = (level) => `${MARKS[level]} ${WORDS[level]}`
