/**
 * Returns Postgres' `hashtext` of a text: the lookup3 hash of Bob Jenkins over its UTF-8 bytes, as a signed integer. Citus chooses
 * the shard of a row by the hash of its distribution column.
 */
export function textHash(text: string): number {
  const bytes = Buffer.from(text, 'utf8')
  let a = (0x9e3779b9 + bytes.length + 3923095) | 0
  let b = a
  let c = a
  let offset = 0
  for (; bytes.length - offset >= 12; offset += 12) {
    a = (a + bytes.readInt32LE(offset)) | 0
    b = (b + bytes.readInt32LE(offset + 4)) | 0
    c = (c + bytes.readInt32LE(offset + 8)) | 0
    a = ((a - c) ^ rotate(c, 4)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotate(a, 6)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotate(b, 8)) | 0
    b = (b + a) | 0
    a = ((a - c) ^ rotate(c, 16)) | 0
    c = (c + b) | 0
    b = ((b - a) ^ rotate(a, 19)) | 0
    a = (a + c) | 0
    c = ((c - b) ^ rotate(b, 4)) | 0
    b = (b + a) | 0
  }
  // The lowest byte of c is reserved for the length.
  const rest = Buffer.alloc(12)
  rest.set(bytes.subarray(offset, offset + 8), 0)
  rest.set(bytes.subarray(offset + 8), 9)
  a = (a + rest.readInt32LE(0)) | 0
  b = (b + rest.readInt32LE(4)) | 0
  c = (c + rest.readInt32LE(8)) | 0
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return c
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
