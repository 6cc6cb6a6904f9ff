import { isRecord } from '../../options/read-object.ts';
import { either, json, list, optional, record, table } from '../../options/schema/containers.ts';
import { commandLine, count, flag, name, number } from '../../options/schema/scalars.ts';
import type { Schema } from '../../options/schema/schema.ts';
import { backendFacts, machineFacts } from '../machine-table.ts';

const scalar = either(commandLine, number(), flag);
const scalars = list(scalar, 0, 65_536);
const numbersByLayer = table(name, number(), 0, 65_536);
const member = table(name, either(scalar, scalars, numbersByLayer), 0, 100);
const network = json(64); // at most 64 levels

/** A value of an option: a word, several, a family member with its own options, or a network. */
const option: Schema<unknown> = {
  expected: 'the value of an option',
  read(value, path) {
    if (Array.isArray(value)) return scalars.read(value, path);
    if (!isRecord(value)) return scalar.read(value, path);
    return (typeof value.kind === 'string' ? member : network).read(value, path);
  },
};

/** The part of a run's config.json that is shown. */
export const runConfig = record({
  ...machineFacts,
  backend: backendFacts,
  precision: optional(name), // absent in runs from before this option
  options: table(name, option, 0, 1000),
  command: optional(commandLine),
  description: optional(list(commandLine, 0, 100)), // absent in old runs
  parameters: count(),
  stepsPerEpoch: optional(count(1)),
  started: optional(name),
});
