/** Bytes that are read on demand. */
export interface Bytes {
  readonly length: number
  /** Returns undefined past the end, or if the bytes cannot be read. */
  read(offset: number, length: number): Buffer | undefined
  readAll(): Buffer
}

/** The bytes of a buffer. */
export class BufferBytes implements Bytes {
  readonly #buffer: Buffer

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  get length(): number {
    return this.#buffer.length
  }

  read(offset: number, length: number): Buffer | undefined {
    const bytes = this.#buffer.subarray(offset, offset + length)
    return bytes.length === length ? bytes : undefined
  }

  readAll(): Buffer {
    return this.#buffer
  }
}
