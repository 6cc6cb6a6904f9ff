/** Cases that a test goes through: few by default, in `npm run test:all` all of those that docs/reliability.md speaks of. */
export const counted = (quick: number, all: number): number => (process.env.GRADLOOM_TEST_ALL === '1' ? all : quick);
