import {
  buildNetwork,
  createLoss,
  createOptimizer,
  createPredictor,
  createTrainStep,
  embedding,
  flatten,
  referenceKernels,
  residual,
  sequential,
} from '@gradloom/core';
import { refuseInexactIndices } from '@gradloom/core/internal';
import { expect, test } from 'vitest';

const MOST = 2 ** 24;
const words = (vocabulary: number) => buildNetwork(sequential(1, residual(embedding(vocabulary, 1), flatten())));
const classes = (output: number) => buildNetwork({ input: 1, layers: [{ kind: 'dense', out: output }] });

test('every index up to the most that is allowed is a float, and not the next but one', () => {
  expect([MOST - 1, MOST, MOST + 1].map(Math.fround)).toEqual([MOST - 1, MOST, MOST]);
});

test('in a run of floats a larger vocabulary is refused, and so are more classes', () => {
  const refuse = (network: ReturnType<typeof buildNetwork>, loss: 'mse' | 'softmax-cross-entropy' | null) => () =>
    refuseInexactIndices('train', network, loss === null ? null : createLoss(loss), 'float32');
  const expectation = `expected at most ${MOST} in float32 (it cannot represent larger ones)`;
  expect(refuse(words(MOST), 'mse')).not.toThrow();
  const where = `embedding(${MOST + 1}x1) at layer 0.0`;
  expect(refuse(words(MOST + 1), null)).toThrow(`train: ${where}: vocabulary has ${MOST + 1}, ${expectation}`);
  expect(refuse(classes(MOST), 'softmax-cross-entropy')).not.toThrow();
  const sentence = `train: the number of classes has ${MOST + 1}, ${expectation}`;
  expect(refuse(classes(MOST + 1), 'softmax-cross-entropy')).toThrow(sentence);
  expect(refuse(classes(MOST + 1), 'mse')).not.toThrow();
});

test('doubles are never refused', () => {
  refuseInexactIndices('train', words(2 ** 30), createLoss('softmax-cross-entropy'), 'float64');
});

test('a step and a predictor of floats refuse them', () => {
  const network = words(MOST + 1);
  const options = { network, loss: createLoss('mse'), optimizer: createOptimizer('sgd'), kernels: referenceKernels };
  expect(() => createTrainStep({ ...options, batch: 1, seed: 1, elementType: 'float32' })).toThrow('createTrainStep: ');
  expect(() => createPredictor(network, new Float32Array(network.parameterCount))).toThrow('createPredictor: ');
});
