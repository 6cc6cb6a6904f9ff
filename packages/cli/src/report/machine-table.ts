import { nullable, optional, record } from '../options/schema/containers.ts';
import { count, flag, name } from '../options/schema/scalars.ts';
import type { Read } from '../options/schema/schema.ts';
import type { Table } from './page.ts';

/** The machine that computed a run, from its files. */
export const machineFacts = {
  machine: record({ cpu: nullable(name), cores: count(), platform: name, arch: name }),
  runtime: optional(record({ name, version: name })), // the Node version in files of earlier versions
  versions: record({ gradloom: name, node: name }),
};

export const backendFacts = record({ name, fused: optional(flag), library: optional(record({ name, version: name })) });

/** 'wasm', or 'wasm, unfused'. */
export const backendText = ({ name, fused }: Pick<Read<typeof backendFacts>, 'name' | 'fused'>): string =>
  fused === false ? `${name}, unfused` : name;

type Facts = { readonly [K in keyof typeof machineFacts]: Read<(typeof machineFacts)[K]> };

export function machineTable(
  { machine, runtime, versions }: Facts,
  backend?: Read<typeof backendFacts>, // only if all parts have the same
  precision?: string, // only if all parts have the same
): Table {
  const rows = [
    ['processor', machine.cpu ?? ''],
    ['cores', String(machine.cores)],
    ['system', `${machine.platform} ${machine.arch}`],
    runtime === undefined ? ['Node', versions.node] : [runtime.name, runtime.version],
    ['Gradloom', versions.gradloom],
  ];
  if (backend !== undefined) rows.push(['backend', backendText(backend)]);
  if (precision !== undefined) rows.push(['type of the numbers', precision]);
  if (backend?.library !== undefined) rows.push(['BLAS', `${backend.library.name} ${backend.library.version}`]);
  return { title: 'Machine', rows };
}
