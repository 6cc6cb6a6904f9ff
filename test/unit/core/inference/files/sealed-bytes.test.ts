import { readFileSync } from 'node:fs';
import { openContainer } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { sealedBytes } from '../../../../../packages/core/src/inference/open-model.ts';
import { readContainer, writeContainer } from '../../../../../packages/runtime/src/system/files/container.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const path = `${folder.path}/container`;
const sections = new Map([
  ['weights', Float64Array.of(1, -0, 5e-324, Number.NaN)],
  ['moments', Float64Array.of(0.1)],
]);
writeContainer('here', path, 'kind', { text: 'ä€😀', list: [1, 0.1, 2 ** 40, null] }, sections);
const whole = readFileSync(path);

const opened = (bytes: Uint8Array) => openContainer('bytes', ['kind'], sealedBytes('bytes', bytes));

/** What reading says, without the name of its source. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return String(error).replace(/^Error: (bytes|here: \S+)/, '');
  }
}

test('bytes are read as the file that holds them, wherever they begin in their memory', () => {
  const file = readContainer('here', path, ['kind']);
  for (const offset of [0, 1, 8, 13]) {
    const memory = new Uint8Array(offset + whole.length);
    memory.set(whole, offset);
    expect(opened(memory.subarray(offset))).toEqual(file);
  }
});

test('what was opened does not follow the bytes', () => {
  const bytes = Uint8Array.from(whole);
  const { sections: sectionsRead } = opened(bytes);
  bytes.fill(0);
  expect(sectionsRead.get('weights')).toEqual(sections.get('weights'));
});

test('every changed byte and every cut is refused as it is in a file', () => {
  for (let i = 0; i < whole.length; i++) {
    const changed = Uint8Array.from(whole);
    changed[i] ^= 1 << (i % 8);
    for (const bytes of [changed, whole.subarray(0, i)]) {
      const refused = outcome(() => opened(bytes));
      expect(refused).toMatch(/^ (has|is) .*, expected /);
      expect(refused).toBe(outcome(() => readContainer('here', folder.write('damaged', bytes), ['kind'])));
    }
  }
});
