/** Bytes of which only those are looked at that are asked for. */
export interface Bytes {
  readonly length: number
  /** Undefined where there are none, or they cannot be read. */
  read(offset: number, length: number): Buffer | undefined
  readAll(): Buffer
}

/** Of a file that is there as it is. */
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
