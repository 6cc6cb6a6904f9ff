/**
 * Cases that a test goes through: few by default, in `npm run test:all` all of those that docs/reliability.md speaks
 * of.
 */
export const counted = (quick: number, all: number): number => (process.env.GRADLOOM_TEST_ALL === '1' ? all : quick);

/** Cases of a test that only `npm run test:all` goes through: experiments at full length. */
export const onlyInAll = <T>(...cases: readonly T[]): readonly T[] => cases.slice(0, counted(0, cases.length));
