import { expect, test } from 'vitest';
import { type Assembler, createAssembler, sp } from '../../../../../packages/core/src/backends/isa/arm64/assembler.ts';
import { createNeon, FREE } from '../../../../../packages/core/src/backends/isa/arm64/neon.ts';
import { createNeonDoubles, createNeonQuads } from '../../../../../packages/core/src/backends/isa/arm64/neon-lanes.ts';
import { assemblePlayer } from '../../../../../packages/core/src/backends/isa/arm64/player.ts';
import { addressAt } from '../../../../../packages/core/src/backends/isa/assembler.ts';

const hex = (write: (assembler: Assembler) => void): string => {
  const assembler = createAssembler(FREE);
  write(assembler);
  return Buffer.from(assembler.bytes()).toString('hex');
};

const NOP = 0xd503201f;

// Assembled by GNU as 2.44 for armv8-a, which writes a word with its lowest byte first.
test.each<[string, string, (assembler: Assembler) => void]>([
  ['ldr w0, [x1, #44]', '202c40b9', (a) => a.loadWord(0, addressAt(1, 44))],
  ['ldr w7, [x3, x4]', '676864b8', (a) => a.loadWord(7, { base: 3, index: 4 })],
  ['ldur w9, [x10, #-4]', '49c15fb8', (a) => a.loadWord(9, addressAt(10, -4))],
  [
    'add x16, x1, x2, lsl #3; str w15, [x16, #12]',
    '300c028b0f0e00b9',
    (a) => a.storeWord({ base: 1, index: 2, scale: 8, offset: 12 }, 15),
  ],
  ['ldr d31, [x28, #8]; fcvtzs x12, d31', '9f0740fdec03789e', (a) => a.loadWhole(12, addressAt(28, 8))],
  ['ldr s31, [x3, #8]; fcvtzs x12, s31', '7f0840bdec03389e', (a) => a.loadWhole(12, addressAt(3, 8), 'float32')],
  [
    'ldr s2, [x3, #8]; fcvt d2, s2; fadd d1, d1, d2',
    '620840bd42c0221e2128621e',
    (a) => createNeonDoubles(a, 'float32').addElement(1, addressAt(3, 8), 2),
  ],
  [
    'ldr d2, [x3, #8]; ldr d31, [x4]; fmul d2, d2, d31; fadd d1, d1, d2',
    '620440fd9f0040fd42087f1e2128621e',
    (a) => createNeonDoubles(a, 'float64').addProduct(1, addressAt(3, 8), addressAt(4), 2),
  ],
  [
    'zip1 and zip2 of the lower halves of four pairs, then of the upper halves',
    '0838c24e8938c64e0a78c24e8b78c64e2c38c34ead38c74e2e78c34eaf78c74e',
    (a) => expect(createNeonQuads(a, 'float64').transpose(0, 4)).toBe(4),
  ],
  ['addp d31, v2.2d; fmov x9, d31', '5fb8f15ee903669e', (a) => createNeon(a, 'float64').readMask(9, 2)],
  ['addv s31, v2.4s; fmov w9, s31', '5fb8b14ee903261e', (a) => createNeon(a, 'float32').readMask(9, 2)],
  [
    'ldr s12, [x0, #16]; dup v12.4s, v12.s[0]',
    '0c1040bd8c05044e',
    (a) => createNeon(a, 'float64').words.spread(12, addressAt(0, 16)),
  ],
  [
    'umull v31.2d, v2.2s, v7.2s; umull2 v2.2d, v2.4s, v7.4s; uzp2 v4.4s, v31.4s, v2.4s; uzp1 v2.4s, v31.4s, v2.4s',
    '5fc0a72e42c0a76ee45b824ee21b824e',
    (a) => createNeon(a, 'float64').words.multiply(4, 2, 2, 7),
  ],
  [
    'ldr q31, [x9, #64]; eor v9.16b, v9.16b, v31.16b; eor v1.16b, v1.16b, v9.16b',
    '3f11c03d291d3f6e211c296e',
    (a) => createNeon(a, 'float64').words.mix(1, 9, addressAt(9, 64)),
  ],
  [
    'zip1 and zip2 of words 0 and 1 and of words 2 and 3, then of their halves; mov v9.16b, v31.16b',
    '1f38894e0978894e40388b4e4b788b4ee23bc04ee07bc04e3f39cb4e2b79cb4ee91fbf4e',
    (a) => expect(createNeon(a, 'float64').words.inOrder([0, 9, 2, 11])).toEqual([2, 0, 9, 11]),
  ],
  [
    'cmhs v3.4s, v3.4s, v4.4s; sxtl v12.2d, v3.2s; sxtl2 v13.2d, v3.4s; and of both with v5',
    '633ca46e6ca4200f6da4204f8c1d254ead1d254e',
    (a) => createNeon(a, 'float64').words.chooseAtLeast([12, 13], 3, 4, 5),
  ],
  [
    'cmhs v3.4s, v3.4s, v4.4s; and v12.16b, v3.16b, v5.16b',
    '633ca46e6c1c254e',
    (a) => createNeon(a, 'float32').words.chooseAtLeast([12], 3, 4, 5),
  ],
  ['add v3.4s, v3.4s, v5.4s', '6384a54e', (a) => createNeon(a, 'float64').words.addWords(3, 5)],
  ['ldr x10, [sp, #24]', 'ea0f40f9', (a) => a.loadPointer(10, addressAt(sp, 24))],
  ['ldr x3, [x5, x6, lsl #3]', 'a37866f8', (a) => a.loadPointer(3, { base: 5, index: 6, scale: 8 })],
  ['mov x3, x19', 'e30313aa', (a) => a.loadPointer(3, 19)],
  ['str x0, [sp, #32]', 'e01300f9', (a) => a.storePointer(addressAt(sp, 32), 0)],
  ['mov x19, x0', 'f30300aa', (a) => a.storePointer(19, 0)],
  ['mov x4, x30', 'e4031eaa', (a) => a.move(4, 30)],
  ['add x8, x8, x27', '08011b8b', (a) => a.add(8, 27)],
  [
    'ldr x17, [sp, #16]; add x17, x17, x3; str x17, [sp, #16]',
    'f10b40f93102038bf10b00f9',
    (a) => a.add(addressAt(sp, 16), 3),
  ],
  ['sub x15, x15, x13', 'ef010dcb', (a) => a.subtract(15, 13)],
  ['mov x9, #0', '090080d2', (a) => a.clear(9)],
  ['ldr x17, [x1, x2]; orr x15, x15, x17', '316862f8ef0111aa', (a) => a.or(15, { base: 1, index: 2 })],
  [
    'ldr w17, [x1, x2, lsl #2]; orr x15, x15, x17',
    '317862b8ef0111aa',
    (a) => a.orWord(15, { base: 1, index: 2, scale: 4 }),
  ],
  ['orr x15, x15, x14', 'ef010eaa', (a) => a.or(15, 14)],
  ['cmp x15, #0; cinc x9, x9, ne', 'ff0100f12905899a', (a) => a.countUnlessZero(9, 15)],
  ['add x5, x6, x7', 'c500078b', (a) => a.loadAddress(5, { base: 6, index: 7 })],
  ['add x5, x5, #2048', 'a5002091', (a) => a.loadAddress(5, addressAt(5, 2048))],
  ['sub x5, x6, #784', 'c5400cd1', (a) => a.loadAddress(5, addressAt(6, -784))],
  ['add x5, x6, #4096; add x5, x5, #1', 'c5044091a5040091', (a) => a.loadAddress(5, addressAt(6, 4097))],
  ['sub x5, x6, #8192', 'c50840d1', (a) => a.loadAddress(5, addressAt(6, -8192))],
  [
    'mov x17, #16; movk x17, #257, lsl #16; add x5, x6, x17',
    '110280d23120a0f2c500118b',
    (a) => a.loadAddress(5, addressAt(6, 0x1010010)),
  ],
  [
    'mov x17, #-17; movk x17, #0xfefe, lsl #16; add x5, x6, x17',
    '11028092d1dfbff2c500118b',
    (a) => a.loadAddress(5, addressAt(6, -0x1010011)),
  ],
  ['add sp, sp, #48', 'ffc30091', (a) => a.loadAddress(sp, addressAt(sp, 48))],
  [
    'add x5, x6, x7, lsl #2; add x5, x5, #20',
    'c508078ba5500091',
    (a) => a.loadAddress(5, { base: 6, index: 7, scale: 4, offset: 20 }),
  ],
  ['nop; adr x17, . - 4', '1f2003d5f1ffff10', (a) => [a.emit(NOP), a.loadCodeAddress(17, 0)]],
  ['subs x15, x15, #1', 'ef0500f1', (a) => a.decrement(15)],
  ['ldr x17, [sp]; subs x17, x17, #1; str x17, [sp]', 'f10340f9310600f1f10300f9', (a) => a.decrement(addressAt(sp))],
  ['nop; b.ne . - 4', '1f2003d5e1ffff54', (a) => [a.emit(NOP), a.jumpUnlessZero(0)]],
  ['nop; b . - 4', '1f2003d5ffffff17', (a) => [a.emit(NOP), a.jump(0)]],
  ['cbz w9, . + 8; ret', '49000034c0035fd6', (a) => [a.skipIfZero(9)].map((land) => [a.ret(), land()])],
  ['tbz w26, #4, . + 8; ret', '5a002036c0035fd6', (a) => [a.skipIfBitClear(26, 4)].map((land) => [a.ret(), land()])],
  ['b . + 8; ret', '02000014c0035fd6', (a) => [a.skip()].map((land) => [a.ret(), land()])],
  ['blr x16', '00023fd6', (a) => a.call(16)],
  ['str x12, [sp, #-16]!; ldr x13, [sp], #16', 'ec0f1ff8ed0741f8', (a) => [a.push(12), a.pop(13)]],
  ['stp x29, x30, [sp, #-160]!', 'fd7bb6a9', (a) => a.accessPair(0xa9800000, 8, 29, 30, sp, -160)],
  ['ldp d8, d9, [sp, #96]', 'e827466d', (a) => a.accessPair(0x6d400000, 8, 8, 9, sp, 96)],
  ['prfm pldl1keep, [x8, #2048]', '000184f9', (a) => a.prefetch(addressAt(8, 2048))],
  [
    'add x16, x1, x2; prfm pldl1keep, [x16, #2048]',
    '3000028b000284f9',
    (a) => a.prefetch({ base: 1, index: 2, offset: 2048 }),
  ],
  ['prfm pstl1keep, [x0]', '100080f9', (a) => a.prefetchToWrite(addressAt(0))],
  ['prfum pldl1keep, [x0, #-64]', '00009cf8', (a) => a.prefetch(addressAt(0, -64))],
  [
    'add x16, x0, #9, lsl #12; add x16, x16, #4; prfm pldl1keep, [x16]',
    '1024409110120091000280f9',
    (a) => a.prefetch(addressAt(0, 36868)),
  ],
])('%s', (_instructions, bytes, write) => {
  expect(hex(write)).toBe(bytes);
});

const doubles = (a: Assembler) => createNeon(a, 'float64');
const floats = (a: Assembler) => createNeon(a, 'float32');

test.each<[string, string, (assembler: Assembler) => void]>([
  ['ldr q17, [x14]', 'd101c03d', (a) => doubles(a).load(17, addressAt(14))],
  ['str q5, [x12, #32]', '8509803d', (a) => doubles(a).store(addressAt(12, 32), 5)],
  ['ldur q5, [x12, #8]', '8581c03c', (a) => doubles(a).load(5, addressAt(12, 8))],
  [
    'ldp q2, q3, [x4, #64]',
    '820c42ad',
    (a) => [doubles(a)].map((v) => [v.load(2, addressAt(4, 64)), v.load(3, addressAt(4, 80))]),
  ],
  [
    'stp q2, q3, [x4]; str q4, [x4, #32]',
    '820c00ad8408803d',
    (a) => [doubles(a)].map((v) => [2, 3, 4].map((k) => v.store(addressAt(4, 16 * k - 32), k))),
  ],
  [
    'ldr q2, [x4]; ldr q3, [x5, #16]',
    '8200c03da304c03d',
    (a) => [doubles(a)].map((v) => [v.load(2, addressAt(4)), v.load(3, addressAt(5, 16))]),
  ],
  [
    'ldr q2, [x4]; ldr q3, [x4, #16]',
    '8200c03d8304c03d',
    (a) => [doubles(a)].map((v) => [v.load(2, addressAt(4)), a.position, v.load(3, addressAt(4, 16))]),
  ],
  ['ldr d30, [x0, x9]', '1e6869fc', (a) => doubles(a).loadFactor(30, { base: 0, index: 9 })],
  ['ldr s30, [x0, x9]', '1e6869bc', (a) => floats(a).loadFactor(30, { base: 0, index: 9 })],
  ['movi v7.2d, #0', '07e4006f', (a) => doubles(a).clear(7)],
  ['fadd v3.2d, v3.2d, v30.2d', '63d47e4e', (a) => doubles(a).add(3, 3, 30)],
  ['fadd v3.4s, v3.4s, v30.4s', '63d43e4e', (a) => floats(a).add(3, 3, 30)],
  ['fmla v23.2d, v27.2d, v30.d[0]', '7713de4f', (a) => doubles(a).multiplyAdd(23, 30, 27)],
  ['fmla v23.4s, v27.4s, v30.s[0]', '77139e4f', (a) => floats(a).multiplyAdd(23, 30, 27)],
  ['fmla v23.2d, v27.2d, v30.2d', '77cf7e4e', (a) => doubles(a).multiplyAddLanes(23, 27, 30)],
  ['fmla v23.4s, v27.4s, v30.4s', '77cf3e4e', (a) => floats(a).multiplyAddLanes(23, 27, 30)],
  ['zip1 v2.2d, v0.2d, v1.2d; zip2 v3.2d, v0.2d, v1.2d', '0238c14e0378c14e', (a) => doubles(a).transpose(0, 2)],
  [
    'trn1 v4.4s, v0.4s, v1.4s; trn2 v5.4s, v0.4s, v1.4s; trn1 v6.4s, v2.4s, v3.4s; trn2 v7.4s, v2.4s, v3.4s; zip1 v0.2d, v4.2d, v6.2d; zip2 v2.2d, v4.2d, v6.2d; zip1 v1.2d, v5.2d, v7.2d; zip2 v3.2d, v5.2d, v7.2d',
    '0428814e0568814e4628834e4768834e8038c64e8278c64ea138c74ea378c74e',
    (a) => floats(a).transpose(0, 4),
  ],
  [
    'ldr q31, [x3]; addp d31, v31.2d; fmov x17, d31; neg x26, x17, lsl #3',
    '7f00c03dffbbf15ef103669efa0f11cb',
    (a) => doubles(a).loadMask(addressAt(3)),
  ],
  [
    'ldr q31, [x3]; addv s31, v31.4s; fmov w17, s31; neg w26, w17, lsl #2',
    '7f00c03dffbbb14ef103261efa0b114b',
    (a) => floats(a).loadMask(addressAt(3)),
  ],
  [
    'tbz w26, #4, . + 12; ldr q1, [x8]; b . + 8; ldr d1, [x8]',
    '7a0020360101c03d02000014010140fd',
    (a) => doubles(a).loadMasked(1, addressAt(8)),
  ],
  [
    'tbz w26, #4, . + 12; str q1, [x8]; b . + 32; tbz w26, #3, . + 24; str d1, [x8]; tbz w26, #2, . + 20; mov d31, v1.d[1]; str s31, [x8, #8]; b . + 8; str s1, [x8]',
    '7a0020360101803d08000014da001836010100fdba0010363f04185e1f0900bd02000014010100bd',
    (a) => floats(a).storeMasked(addressAt(8), 1),
  ],
  [
    'ldr h2, [x0]; uxtl v2.8h, v2.8b; uxtl v2.4s, v2.4h; uxtl v2.2d, v2.2s; ucvtf v2.2d, v2.2d',
    '0200407d42a4082f42a4102f42a4202f42d8616e',
    (a) => doubles(a).loadBytes(2, addressAt(0)),
  ],
  [
    'ldr s2, [x0]; uxtl v2.8h, v2.8b; uxtl v2.4s, v2.4h; ucvtf v2.4s, v2.4s',
    '020040bd42a4082f42a4102f42d8216e',
    (a) => floats(a).loadBytes(2, addressAt(0)),
  ],
  [
    'fcvtl v1.2d, v9.2s; fcvtl2 v1.2d, v9.4s',
    '2179610e2179614e',
    (a) => [0, 1].map((part) => floats(a).widen(1, 9, part)),
  ],
  ['fcvtn v2.2s, v9.2d; fcvtn2 v2.4s, v10.2d', '2269610e4269614e', (a) => floats(a).narrow(2, 9)],
])('%s', (_instructions, bytes, write) => {
  expect(hex(write)).toBe(bytes);
});

test('a jump to between two loads keeps them apart', () => {
  const loads = hex((a) => {
    const land = a.skipIfZero(9);
    doubles(a).load(2, addressAt(4));
    land();
    doubles(a).load(3, addressAt(4, 16));
  });
  expect(loads).toBe('490000348200c03d8304c03d'); // cbz w9, . + 8; ldr q2, [x4]; ldr q3, [x4, #16]
});

test('a jump that is too far is refused', () => {
  const jump = (): string =>
    hex((a) => {
      const land = a.skipIfBitClear(26, 4);
      for (let k = 0; k < 8192; k++) a.ret();
      land();
    });
  expect(jump).toThrow(/^isa arm64: a jump has 8193 words, expected fewer$/);
});

test('the player keeps what the procedure call standard wants back, and leaves x18 alone', () => {
  const instructions = [
    ['stp x29, x30, [sp, #-160]!', 'fd7bb6a9'],
    ['mov x29, sp', 'fd030091'],
    ['stp x19, x20, [sp, #16]', 'f35301a9'],
    ['stp x21, x22, [sp, #32]', 'f55b02a9'],
    ['stp x23, x24, [sp, #48]', 'f76303a9'],
    ['stp x25, x26, [sp, #64]', 'f96b04a9'],
    ['stp x27, x28, [sp, #80]', 'fb7305a9'],
    ['stp d8, d9, [sp, #96]', 'e827066d'],
    ['stp d10, d11, [sp, #112]', 'ea2f076d'],
    ['stp d12, d13, [sp, #128]', 'ec37086d'],
    ['stp d14, d15, [sp, #144]', 'ee3f096d'],
    ['mov x28, x0', 'fc0300aa'],
    ['mov x27, x1', 'fb0301aa'],
    ['stp x2, x3, [sp, #-16]!', 'e20fbfa9'],
    ['ldr d31, [x28]', '9f0340fd'],
    ['fcvtzs x16, d31', 'f003789e'],
    ['adr x17, . - 64', '11feff10'],
    ['add x16, x16, x17', '1002118b'],
    ['blr x16', '00023fd6'],
    ['add x28, x28, #168', '9ca30291'],
    ['ldr w16, [sp]', 'f00340b9'],
    ['subs x16, x16, #1', '100600f1'],
    ['str w16, [sp]', 'f00300b9'],
    ['b.ne . - 36', 'e1feff54'],
    ['add sp, sp, #16', 'ff430091'],
    ['ldp x19, x20, [sp, #16]', 'f35341a9'],
    ['ldp x21, x22, [sp, #32]', 'f55b42a9'],
    ['ldp x23, x24, [sp, #48]', 'f76343a9'],
    ['ldp x25, x26, [sp, #64]', 'f96b44a9'],
    ['ldp x27, x28, [sp, #80]', 'fb7345a9'],
    ['ldp d8, d9, [sp, #96]', 'e827466d'],
    ['ldp d10, d11, [sp, #112]', 'ea2f476d'],
    ['ldp d12, d13, [sp, #128]', 'ec37486d'],
    ['ldp d14, d15, [sp, #144]', 'ee3f496d'],
    ['ldp x29, x30, [sp], #160', 'fd7bcaa8'],
    ['ret', 'c0035fd6'],
  ];
  const expected = instructions.map(([, word]) => word).join('');
  expect(hex(assemblePlayer)).toBe(expected);
});
