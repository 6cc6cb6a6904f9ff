import { suggest } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';

const known = ['batch', 'epochs', 'threads', 'weight-decay', 'he-uniform', 'he-normal', '--lr-decay'];

describe('a hint', () => {
  test.each([
    ['bacth', 'batch'], // a swap is one edit
    ['epoch', 'epochs'],
    ['THREADS', 'threads'],
    ['weightdecay', 'weight-decay'],
    ['decay', 'weight-decay or --lr-decay'],
    ['He', 'he-uniform or he-normal'],
    ['epo', 'epochs'], // its beginning
    ['BATCH', 'batch'],
    ['lrdecay', '--lr-decay'],
    ['he-', 'he-uniform or he-normal'],
    ['--decay', 'weight-decay or --lr-decay'], // flags, too
  ])('for %j is %j', (word, meant) => {
    expect(suggest(word, known)).toBe(` (did you mean ${meant}?)`);
  });

  test.each(['shuffle', '', 'x', 'ep', 'cay', 5, null, undefined])('for %j there is none', (word) => {
    expect(suggest(word, known)).toBe('');
  });
});
