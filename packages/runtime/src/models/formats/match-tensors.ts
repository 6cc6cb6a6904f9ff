import type { Network } from '@gradloom/core';
import { listed, showName } from '@gradloom/core/internal';
import type { FileFault } from '../../system/files/file-fault.ts';
import type { StoredTensor } from './tensor-file.ts';
import { isCounter, type TorchTensor, torchTensors } from './torch-tensors.ts';

/** Maps module names in a file to layer names of the network. */
export type Renames = Readonly<Record<string, string>>;

export interface MatchedTensor {
  readonly name: string; // name in the file
  readonly tensor: TorchTensor;
  readonly stored: StoredTensor;
}

/**
 * The tensor of the file for each tensor of the network. @throws Error of `fault` with all tensors that are missing,
 * left over or of another shape in one sentence; or naming a renamed module that the file does not have.
 */
export function matchTensors(
  network: Network,
  tensors: ReadonlyMap<string, StoredTensor>,
  rename: Renames,
  fault: FileFault,
): MatchedTensor[] {
  refuseUnusedRenames(rename, tensors, fault);
  const unmatchedTensors = new Map<string, [name: string, stored: StoredTensor]>();
  for (const [name, storedTensor] of tensors) {
    if (isCounter(name)) continue; // PyTorch's batch count of a batch norm
    const newName = renamedTo(name, rename);
    const other = unmatchedTensors.get(newName);
    if (other !== undefined) {
      throw fault(
        `${showName(other[0])} and ${showName(name)}, which are both renamed to ${showName(newName)}`,
        'one tensor of each name',
      );
    }
    unmatchedTensors.set(newName, [name, storedTensor]);
  }
  const matches: MatchedTensor[] = [];
  const missing: string[] = [];
  const shapeErrors: string[] = [];
  for (const tensor of torchTensors(network)) {
    const [name, storedTensor] = unmatchedTensors.get(tensor.name) ?? [];
    unmatchedTensors.delete(tensor.name);
    // A file may have a shared tensor under one of its names only.
    if (tensor.tiedTo !== undefined && storedTensor === undefined) continue;
    if (name === undefined || storedTensor === undefined) missing.push(`${tensor.name} ${shapeText(tensor.shape)}`);
    else if (isShape(storedTensor.shape, tensor.shape)) matches.push({ name, tensor, stored: storedTensor });
    else
      shapeErrors.push(
        `${showName(name)} ${shapeText(storedTensor.shape)} where ${tensor.layer} needs ${shapeText(tensor.shape)}`,
      );
  }
  const extraTexts = [...unmatchedTensors.values()].map(([name, { shape }]) => `${showName(name)} ${shapeText(shape)}`);
  const problems = [
    ...(shapeErrors.length === 0 ? [] : [shortList(shapeErrors)]),
    ...(missing.length === 0 ? [] : [`no tensor ${shortList(missing)}`]),
    ...(extraTexts.length === 0 ? [] : [`${shortList(extraTexts)} that the network does not have`]),
  ];
  if (problems.length === 0) return matches;
  const hint = missing.length > 0 && extraTexts.length > 0 ? ' (other names can be given, such as fc1=0)' : '';
  throw fault(problems.join('; and '), `one tensor for each of the network's ${torchTensors(network).length}${hint}`);
}

/** Refuses the name of a module that the file does not have: it is probably misspelled. */
function refuseUnusedRenames(rename: Renames, tensors: ReadonlyMap<string, StoredTensor>, fault: FileFault): void {
  const names = [...tensors.keys()];
  const unusedModule = Object.keys(rename).find((module) => !names.some((name) => belongsTo(module, name)));
  if (unusedModule === undefined) return;
  const modules = new Set(names.map((name) => name.replace(/\.[^.]*$/, '')));
  throw fault(`no module ${showName(unusedModule)} to rename`, `one of ${listed([...modules], MAX_LISTED)}`);
}

const belongsTo = (module: string, name: string): boolean => name === module || name.startsWith(`${module}.`);

/** Renames a tensor: 'fc1.weight' by { fc1: '0' } becomes '0.weight'. The longest matching module name counts. */
function renamedTo(name: string, rename: Renames): string {
  const modules = Object.keys(rename).filter((from) => belongsTo(from, name));
  if (modules.length === 0) return name;
  const longest = modules.reduce((best, from) => (from.length > best.length ? from : best));
  return rename[longest] + name.slice(longest.length);
}

const isShape = (shape: readonly number[], expected: readonly number[]): boolean =>
  shape.length === expected.length && shape.every((extent, axis) => extent === expected[axis]);

const shapeText = (shape: readonly number[]): string => `[${listed(shape.map(String), 8)}]`;

const MAX_LISTED = 4;

/** Shortens a list: 'a [3], b [4] and 4 more'. */
function shortList(list: readonly string[]): string {
  const omission = list.length > MAX_LISTED ? ` and ${list.length - MAX_LISTED} more` : '';
  return list.slice(0, MAX_LISTED).join(', ') + omission;
}
