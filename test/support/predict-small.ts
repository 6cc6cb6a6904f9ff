import { createModel } from '@gradloom/runtime';

/** Prints a model's answer; or prints an error and exits with 1. */
try {
  const model = createModel({
    spec: { input: 1, layers: [{ kind: 'dense', out: 1 }] },
    parameters: Float64Array.of(2, 1),
  });
  console.log(model.outputs([[3]])[0][0]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
