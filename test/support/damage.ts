import fc from 'fast-check';

/** Overwrites some bytes of a file, then cuts it off or lengthens it. */
export const damageOf = (whole: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      writes: fc.array(fc.record({ at: fc.nat(whole.length - 1), byte: fc.integer({ min: 0, max: 255 }) }), {
        maxLength: 4,
      }),
      length: fc.option(fc.nat(whole.length + 20)),
    })
    .map(({ writes, length }) => {
      const bytes = Buffer.alloc(length ?? whole.length);
      bytes.set(whole.subarray(0, bytes.length));
      for (const { at, byte } of writes) if (at < bytes.length) bytes[at] = byte;
      return bytes;
    });
