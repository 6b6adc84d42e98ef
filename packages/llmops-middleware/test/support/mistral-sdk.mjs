// Its types change those of every ReadableStream of a program that imports them, so they are left out.
export { HTTPClient, Mistral } from '@mistralai/mistralai'
