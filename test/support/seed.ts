/** Seed of the property tests: the same in every run, or GRADLOOM_TEST_SEED to look elsewhere. */
export const propertySeed = Number(process.env.GRADLOOM_TEST_SEED ?? 1957);
