/** Number of cases of a test: few by default; in `npm run test:all` the number in docs/reliability.md. */
export const counted = (quick: number, all: number): number => (process.env.GRADLOOM_TEST_ALL === '1' ? all : quick);

/** Cases that only `npm run test:all` runs: experiments at full length. */
export const onlyInAll = <T>(...cases: readonly T[]): readonly T[] => cases.slice(0, counted(0, cases.length));

/** One in GRADLOOM_TEST_EACH of these cases, at least one: for emulated processors, which are slow. All by default. */
export const share = (cases: number): number => Math.ceil(cases / Number(process.env.GRADLOOM_TEST_EACH ?? 1));
