import { expect, test } from 'vitest';
import {
  type Assembler,
  at,
  createAssembler,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15,
  rax,
  rbp,
  rbx,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
} from '../../../../../packages/core/src/backends/isa/x64/assembler.ts';
import { createAvx2 } from '../../../../../packages/core/src/backends/isa/x64/avx2.ts';
import { units } from '../../../../../packages/core/src/backends/isa/x64/x64.ts';

const hex = (write: (assembler: Assembler) => void): string => {
  const assembler = createAssembler();
  write(assembler);
  return Buffer.from(assembler.bytes()).toString('hex');
};

// As objdump reads them back; Intel SDM, volume 2.
test.each<[string, string, (assembler: Assembler) => void]>([
  ['mov eax, [rdi]', '8b07', (a) => a.loadWord(rax, at(rdi))],
  ['mov r15d, [rdi+0x2c]', '448b7f2c', (a) => a.loadWord(r15, at(rdi, 44))],
  ['vcvttsd2si r12, [rdi+0x2c]', 'c461fb2c672c', (a) => a.loadWhole(r12, at(rdi, 44))],
  ['vcvttsd2si rax, [r9]', 'c4c1fb2c01', (a) => a.loadWhole(rax, at(r9))],
  ['vcvttss2si r12, [rax+0x2c]', 'c461fa2c602c', (a) => a.loadWhole(r12, at(rax, 44), 'float32')],
  ['mov r15d, [rdi+0x80]', '448bbf80000000', (a) => a.loadWord(r15, at(rdi, 128))],
  ['lea r8, [r8-0x80]', '4d8d4080', (a) => a.loadAddress(r8, at(r8, -128))],
  ['mov r10, [rsp+0x10]', '4c8b542410', (a) => a.loadPointer(r10, at(rsp, 16))],
  ['mov [r8+r9*8+0xc], r14d', '478974c80c', (a) => a.storeWord({ base: r8, index: r9, scale: 8, offset: 12 }, r14)],
  ['mov rax, r13', '4c89e8', (a) => a.move(rax, r13)],
  ['mov edx, edx', '89d2', (a) => a.zeroExtend(rdx)],
  ['add r8, rsi', '4901f0', (a) => a.add(r8, rsi)],
  ['sub r15, r13', '4d29ef', (a) => a.subtract(r15, r13)],
  ['xor r9d, r9d', '4533c9', (a) => a.clear(r9)],
  ['or r15d, [rcx+rdx*8]', '440b3cd1', (a) => a.orWord(r15, { base: rcx, index: rdx, scale: 8 })],
  ['or r15, [rcx+rdx*8]', '4c0b3cd1', (a) => a.or(r15, { base: rcx, index: rdx, scale: 8 })],
  ['neg r15; adc r9, 0', '49f7df4983d100', (a) => a.countUnlessZero(r9, r15)],
  ['lea rbx, [rdx+rdx*2]', '488d1c52', (a) => a.loadAddress(rbx, { base: rdx, index: rdx, scale: 2 })],
  ['lea rcx, [r13+rbp]', '498d4c2d00', (a) => a.loadAddress(rcx, { base: r13, index: rbp })],
  ['lea rcx, [rip-0x7]', '488d0df9ffffff', (a) => a.loadCodeAddress(rcx, 0)],
  ['dec QWORD PTR [rsp]', '48ff0c24', (a) => a.decrement(at(rsp))],
  ['dec r15', '49ffcf', (a) => a.decrement(r15)],
  ['jne to the start', '0f85faffffff', (a) => a.jumpUnlessZero(0)],
  ['test r9d, r9d; je over; ret', '4585c90f8401000000c3', (a) => [a.skipIfZero(r9)].map((land) => [a.ret(), land()])],
  ['jmp to the start', 'e9fbffffff', (a) => a.jump(0)],
  ['jmp over; ret', 'e901000000c3', (a) => [a.skip()].map((land) => [a.ret(), land()])],
  ['add [rsp+0x8], r11', '4c015c2408', (a) => a.add(at(rsp, 8), r11)],
  ['call rax', 'ffd0', (a) => a.call(rax)],
  ['vmovups [rsp+0x10], xmm6', 'c5f811742410', (a) => a.storeLower(at(rsp, 16), 6)],
  ['vmovups xmm15, [rsp+0x90]', 'c57810bc2490000000', (a) => a.loadLower(15, at(rsp, 144))],
  ['push r12; pop rbp', '41545d', (a) => [a.push(r12), a.pop(rbp)]],
  ['cpuid', '0fa2', (a) => a.cpuid()],
  ['xgetbv', '0f01d0', (a) => a.xgetbv()],
  ['prefetcht0 [r8+0x80]', '410f188880000000', (a) => a.prefetch(at(r8, 128))],
  ['prefetchw [rax]', '0f0d08', (a) => a.prefetchToWrite(at(rax))],
])('%s', (_instruction, bytes, write) => {
  expect(hex(write)).toBe(bytes);
});

const { avx512, avx2 } = units;

// Eight vunpck, then eight pairs of vshuff64x2 of halves and of every other pair.
const TRANSPOSED = [
  '6271fd4814c16271fd4815c96271ed4814d36271ed4815db6271dd4814e56271dd4815ed6271cd4814f76271cd4815ff',
  '62d3bd4823c24462d3bd4823d2ee62d39d4823e64462d39d4823f6ee6273fd4823c4886273fd4823d4dd6273ed4823e6',
  '886273ed4823f6dd62d3b54823cb4462d3b54823dbee62d3954823ef4462d3954823ffee6273f54823cd886273f54823',
  'dddd6273e54823ef886273e54823ffdd',
].join('');

test.each<[string, string, (assembler: Assembler) => void]>([
  ['vmovsd xmm3, [r9]', 'c4c17b1019', (a) => createAvx2(a, 'float64').doubles.load(3, at(r9))],
  ['vmovsd [r9+0x8], xmm3', 'c4c17b115908', (a) => createAvx2(a, 'float64').doubles.store(at(r9, 8), 3)],
  [
    'vaddsd xmm1, xmm1, [rax+0x10]',
    'c4e173584810',
    (a) => createAvx2(a, 'float64').doubles.addElement(1, at(rax, 16), 2),
  ],
  [
    'vcvtss2sd xmm2, xmm15, [rax+0x10]; vaddsd xmm1, xmm1, xmm2',
    'c4e1025a5010c4e17358ca',
    (a) => createAvx2(a, 'float32').doubles.addElement(1, at(rax, 16), 2),
  ],
  [
    'vmovsd xmm2, [rax]; vmulsd xmm2, xmm2, [r9]; vaddsd xmm1, xmm1, xmm2',
    'c4e17b1010c4c16b5911c4e17358ca',
    (a) => createAvx2(a, 'float64').doubles.addProduct(1, at(rax), at(r9), 2),
  ],
  [
    'two vunpcklps and two vunpckhps, then vunpcklpd and vunpckhpd twice',
    'c4e17814e1c4e17815e9c4e16814f3c4e16815fbc4e15914c6c4e15915cec4e15114d7c4e15115df',
    (a) => expect(createAvx2(a, 'float32', 128).transpose(0, 4)).toBe(0),
  ],
  ['vmovupd zmm17, [r14]', '62c1fd48100e', (a) => avx512.createUnit(a, 'float64').load(17, at(14))],
  ['vmovupd [r12+0x40], zmm5', '62d1fd48116c2401', (a) => avx512.createUnit(a, 'float64').store(at(r12, 64), 5)],
  ['vmovupd [r12+0x20], zmm5', '62d1fd4811ac2420000000', (a) => avx512.createUnit(a, 'float64').store(at(r12, 32), 5)],
  [
    'vbroadcastsd zmm30, [rax+0x20]',
    '6262fd48197004',
    (a) => avx512.createUnit(a, 'float64').loadFactor(30, at(rax, 32)),
  ],
  ['vmovupd zmm1{k1}{z}, [r8]', '62d1fdc91008', (a) => avx512.createUnit(a, 'float64').loadMasked(1, at(r8))],
  ['vmovupd [r12]{k1}, zmm0', '62d1fd49110424', (a) => avx512.createUnit(a, 'float64').storeMasked(at(r12), 0)],
  [
    'vbroadcastsd zmm30, [rax+rdx*8]',
    '6262fd481934d0',
    (a) => avx512.createUnit(a, 'float64').loadFactor(30, { base: rax, index: rdx, scale: 8 }),
  ],
  ['vfmadd231pd zmm27, zmm30, zmm29', '62028d40b8dd', (a) => avx512.createUnit(a, 'float64').multiplyAdd(27, 30, 29)],
  [
    'vfmadd231pd zmm27, zmm30, [rcx+rdx*4+0x10]{1to8}',
    '62628d50b85c9102',
    (a) => avx512.createUnit(a, 'float64').multiplyAddAt?.(27, { base: rcx, index: rdx, scale: 4, offset: 16 }, 30),
  ],
  [
    'vfmadd231ps zmm27, zmm30, [rcx+rdx*4+0x10]{1to16}',
    '62620d50b85c9104',
    (a) => avx512.createUnit(a, 'float32').multiplyAddAt?.(27, { base: rcx, index: rdx, scale: 4, offset: 16 }, 30),
  ],
  [
    'vfmadd231pd zmm27, zmm30, zmm29',
    '62028d40b8dd',
    (a) => avx512.createUnit(a, 'float64').multiplyAddLanes(27, 30, 29),
  ],
  ['vfmadd231pd ymm11, ymm14, ymm13', 'c4428db8dd', (a) => avx2.createUnit(a, 'float64').multiplyAddLanes(11, 14, 13)],
  ['vaddpd zmm3, zmm3, zmm31', '6291e54858df', (a) => avx512.createUnit(a, 'float64').add(3, 3, 31)],
  ['vxorpd zmm30, zmm30, zmm30', '62018d4057f6', (a) => avx512.createUnit(a, 'float64').clear(30)],
  ['vunpcklpd zmm8, zmm0, zmm1, and so on', TRANSPOSED, (a) => avx512.createUnit(a, 'float64').transpose(0, 8)],
  ['kmovw r9d, k4', 'c57893cc', (a) => avx512.createUnit(a, 'float64').readMask(9, 2)],
  [
    'vpbroadcastd zmm12, [rax+0x10]',
    '62727d48586004',
    (a) => avx512.createUnit(a, 'float64').words.spread(12, at(rax, 16)),
  ],
  [
    'vpmuludq zmm2, zmm2, zmm7; vpsrlq zmm4, zmm2, 0x20',
    '62f1ed48f4d762f1dd4873d220',
    (a) => avx512.createUnit(a, 'float32').words.multiply(4, 2, 2, 7),
  ],
  [
    'vpternlogq zmm1, zmm9, [r9+0x40], 0x96',
    '62d3b54825490196',
    (a) => avx512.createUnit(a, 'float32').words.mix(1, 9, at(r9, 64)),
  ],
  [
    'vshufps of two vectors by 0x88, of two others by 0x88, of the results by 0x88 and by 0xdd',
    '62d17c48c6c18862d16c48c6d38862717c48c6ca8862717c48c6dadd',
    (a) => expect(avx512.createUnit(a, 'float64').words.inOrder([0, 9, 2, 11])).toEqual([9, 11]),
  ],
  [
    'vpcmpnltud k2, zmm3, zmm4; vmovapd zmm12{k2}{z}, zmm5; kshiftrw k2, k2, 8; vmovapd zmm13{k2}{z}, zmm5',
    '62f365481ed4056271fdca28e5c4e3f930d2086271fdca28ed',
    (a) => avx512.createUnit(a, 'float64').words.chooseAtLeast([12, 13], 3, 4, 5),
  ],
  [
    'vpcmpnltud k2, zmm3, zmm4; vmovaps zmm12{k2}{z}, zmm5',
    '62f365481ed40562717cca28e5',
    (a) => avx512.createUnit(a, 'float32').words.chooseAtLeast([12], 3, 4, 5),
  ],
  ['vmovmskpd r9d, ymm2', 'c4617d50ca', (a) => avx2.createUnit(a, 'float64').readMask(9, 2)],
  ['vmovmskps r9d, ymm2', 'c4617c50ca', (a) => avx2.createUnit(a, 'float32').readMask(9, 2)],
  [
    'vpbroadcastd ymm12, [rax+0x10]',
    'c4627d586010',
    (a) => avx2.createUnit(a, 'float64').words.spread(12, at(rax, 16)),
  ],
  [
    'vpmuludq ymm2, ymm2, ymm7; vpsrlq ymm4, ymm2, 0x20',
    'c4e16df4d7c4e15d73d220',
    (a) => avx2.createUnit(a, 'float32').words.multiply(4, 2, 2, 7),
  ],
  [
    'vpxor ymm9, ymm9, [r9+0x40]; vpxor ymm1, ymm1, ymm9',
    'c44135ef4940c4c175efc9',
    (a) => avx2.createUnit(a, 'float32').words.mix(1, 9, at(r9, 64)),
  ],
  [
    'vpmaxud ymm12, ymm3, ymm4; vpcmpeqd ymm3, ymm3, ymm12; vpmovsxdq of both halves; vandpd of both with ymm5',
    'c462653fe4c4c16576dcc4627d25e3c4e37d39db01c4627d25ebc4611d54e5c4611554ed',
    (a) => avx2.createUnit(a, 'float64').words.chooseAtLeast([12, 13], 3, 4, 5),
  ],
  ['vmovupd ymm9, [r14]', 'c4417d100e', (a) => avx2.createUnit(a, 'float64').load(9, at(14))],
  ['vmaskmovpd [r12], ymm15, ymm2', 'c4c2052f1424', (a) => avx2.createUnit(a, 'float64').storeMasked(at(r12), 2)],
  ['vbroadcastsd ymm14, [rcx]', 'c4627d1931', (a) => avx2.createUnit(a, 'float64').loadFactor(14, at(rcx))],
  ['vfmadd231pd ymm11, ymm14, ymm13', 'c4428db8dd', (a) => avx2.createUnit(a, 'float64').multiplyAdd(11, 14, 13)],
  ['vxorpd ymm14, ymm14, ymm14', 'c4410d57f6', (a) => avx2.createUnit(a, 'float64').clear(14)],
  ['vaddpd ymm9, ymm2, [r12+0xe0]', 'c4416d588c24e0000000', (a) => createAvx2(a, 'float64').add(9, 2, at(r12, 224))],
  ['vsubpd ymm3, ymm3, ymm1', 'c4e1655cd9', (a) => createAvx2(a, 'float64').subtract(3, 3, 1)],
  ['vmulpd ymm1, ymm1, [r12+0x20]', 'c4c175594c2420', (a) => createAvx2(a, 'float64').multiply(1, 1, at(r12, 32))],
  ['vdivpd ymm1, ymm1, ymm2', 'c4e1755eca', (a) => createAvx2(a, 'float64').divide(1, 1, 2)],
  ['vsqrtpd ymm2, ymm2', 'c4e17d51d2', (a) => createAvx2(a, 'float64').squareRoot(2, 2)],
  [
    'vpmovzxbd xmm0, [rax]; vcvtdq2pd ymm0, xmm0',
    'c4e2793100c4e17ee6c0',
    (a) => createAvx2(a, 'float64').loadBytes(0, at(rax)),
  ],
  [
    'vunpcklpd, vunpckhpd, vperm2f128 of ymm0 to ymm7',
    'c4e17d14e1c4e17d15e9c4e16d14f3c4e16d15fbc4e35d06c620c4e35d06d631c4e35506cf20c4e35506df31',
    (a) => createAvx2(a, 'float64').transpose(0, 4),
  ],
  ['vcvtps2pd ymm4, xmm9', 'c4c17c5ae1', (a) => createAvx2(a, 'float32').widen(4, 9, 0)],
  [
    'vextractf128 xmm4, ymm9, 1; vcvtps2pd ymm4, xmm4',
    'c4637d19cc01c4e17c5ae4',
    (a) => createAvx2(a, 'float32').widen(4, 9, 1),
  ],
  [
    'vcvtpd2ps xmm2, ymm9; vcvtpd2ps xmm10, ymm10; vinsertf128 ymm2, ymm2, xmm10, 1',
    'c4c17d5ad1c4417d5ad2c4c36d18d201',
    (a) => createAvx2(a, 'float32').narrow(2, 9),
  ],
  [
    'vpmovzxbq zmm17, [r8+0x10]; vcvtqq2pd zmm17, zmm17',
    '62c27d4832480262a1fe48e6c9',
    (a) => avx512.createUnit(a, 'float64').loadBytes(17, at(r8, 16)),
  ],
  [
    'vpmovzxbd zmm17, [r8+0x10]; vcvtdq2ps zmm17, zmm17',
    '62c27d4831480162a17c485bc9',
    (a) => avx512.createUnit(a, 'float32').loadBytes(17, at(r8, 16)),
  ],
  ['vextractf64x4 ymm1, zmm25, 1', '6263fd481bc901', (a) => avx512.createUnit(a, 'float64').widen(1, 25, 1)],
  ['vcvtps2pd ymm1, xmm25', '62917c285ac9', (a) => avx512.createUnit(a, 'float32').widen(1, 25, 0)],
  [
    'vextractf32x4 xmm1, zmm25, 3; vcvtps2pd ymm1, xmm1',
    '62637d4819c90362f17c285ac9',
    (a) => avx512.createUnit(a, 'float32').widen(1, 25, 3),
  ],
  [
    'vmovapd zmm2, zmm9; vinsertf64x4 zmm2, zmm2, ymm10, 1',
    '62d1fd4828d162d3ed481ad201',
    (a) => avx512.createUnit(a, 'float64').narrow(2, 9),
  ],
  [
    'vcvtpd2ps xmm9, ymm9; vmovaps zmm2, zmm9, then vcvtpd2ps and vinsertf32x4 of ymm10 to ymm12',
    '6251fd285ac962d17c4828d16251fd285ad262d36d4818d2016251fd285adb62d36d4818d3026251fd285ae462d36d4818d403',
    (a) => avx512.createUnit(a, 'float32').narrow(2, 9),
  ],
  ['vzeroupper', 'c5f877', (a) => avx2.createUnit(a, 'float64').leave()],
  ['vmovups zmm17, [r14]', '62c17c48100e', (a) => avx512.createUnit(a, 'float32').load(17, at(14))],
  ['vmovups [r12+0x40], zmm5', '62d17c48116c2401', (a) => avx512.createUnit(a, 'float32').store(at(r12, 64), 5)],
  [
    'vbroadcastss zmm30, [rax+rdx*8+0x20]',
    '62627d481874d008',
    (a) => avx512.createUnit(a, 'float32').loadFactor(30, { base: rax, index: rdx, scale: 8, offset: 32 }),
  ],
  [
    'vmovups zmm31, [r8]; vpmovd2m k1, zmm31',
    '62417c48103862927e4839cf',
    (a) => avx512.createUnit(a, 'float32').loadMask(at(r8)),
  ],
  ['vmovups zmm1{k1}{z}, [r8]', '62d17cc91008', (a) => avx512.createUnit(a, 'float32').loadMasked(1, at(r8))],
  ['vmovups [r12]{k1}, zmm0', '62d17c49110424', (a) => avx512.createUnit(a, 'float32').storeMasked(at(r12), 0)],
  ['vfmadd231ps zmm27, zmm30, zmm29', '62020d40b8dd', (a) => avx512.createUnit(a, 'float32').multiplyAdd(27, 30, 29)],
  ['vaddps zmm3, zmm3, zmm31', '6291644858df', (a) => avx512.createUnit(a, 'float32').add(3, 3, 31)],
  ['vmovups ymm9, [r14]', 'c4417c100e', (a) => avx2.createUnit(a, 'float32').load(9, at(14))],
  ['vmaskmovps ymm2, ymm15, [r12]', 'c4c2052c1424', (a) => avx2.createUnit(a, 'float32').loadMasked(2, at(r12))],
  ['vmaskmovps [r12], ymm15, ymm2', 'c4c2052e1424', (a) => avx2.createUnit(a, 'float32').storeMasked(at(r12), 2)],
  ['vbroadcastss ymm14, [rcx]', 'c4627d1831', (a) => avx2.createUnit(a, 'float32').loadFactor(14, at(rcx))],
  ['vfmadd231ps ymm11, ymm14, ymm13', 'c4420db8dd', (a) => avx2.createUnit(a, 'float32').multiplyAdd(11, 14, 13)],
  ['vdivps ymm1, ymm1, ymm2', 'c4e1745eca', (a) => createAvx2(a, 'float32').divide(1, 1, 2)],
  [
    'vpmovzxbd ymm0, [rax]; vcvtdq2ps ymm0, ymm0',
    'c4e27d3100c4e17c5bc0',
    (a) => createAvx2(a, 'float32').loadBytes(0, at(rax)),
  ],
])('%s', (_instruction, bytes, write) => {
  expect(hex(write)).toBe(bytes);
});
