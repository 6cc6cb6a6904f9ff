import { buildNetwork, type NetworkSpec } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import { CONFIG_FILE } from '../../files/run-files/names.ts';
import { entriesToRaw } from '../../options/config-file.ts';
import { customParts } from '../../options/custom-parts.ts';
import { parseRaw } from '../../options/raw-options.ts';
import { isRecord } from '../../options/read-object.ts';
import { runConfig } from '../../report/train/run-config.ts';
import { trainAlternatives, trainOptions } from '../train/options.ts';
import { type OpenCheck, openCheck, readDocument, readOrFault } from './file-check.ts';

export interface ConfigCheck {
  readonly check: OpenCheck;
  readonly options: Readonly<Record<string, unknown>> | null;
  readonly network: NetworkSpec | null; // in long form, as models have it; null if it cannot be built
}

/** The configuration of a run: valid options of train, and a network that can be built. */
export function checkConfig(folder: string): ConfigCheck {
  const check = openCheck(CONFIG_FILE);
  const config = readDocument(folder, check, 'sealed', runConfig);
  if (config === null) {
    if (check.faults.length === 0) check.faults.push('is missing');
    return { check, options: null, network: null };
  }
  const { options, network, parameters } = config;
  if (isRecord(options)) {
    readOrFault(check, '', () => {
      const { raw, foreign } = entriesToRaw(trainOptions, options, 'options', 'run');
      for (const { name, why } of foreign)
        check.faults.push(`has ${name}, expected none in the file of a run (${why})`);
      return parseRaw(trainOptions, raw, trainAlternatives);
    });
  } else if (check.faults.length === 0) check.faults.push('has no options, expected those of the run');
  if (network === undefined) check.faults.push('has no network, expected that of the run');
  const built = network === undefined ? null : checkNetwork(check, network, parameters);
  return { check, options: isRecord(options) ? options : null, network: built };
}

function checkNetwork(check: OpenCheck, network: unknown, parameters: unknown): NetworkSpec | null {
  return readOrFault(check, '', () => {
    // buildNetwork checks the claims of the file part by part.
    const { parameterCount, spec } = buildNetwork(network as NetworkSpec, customParts());
    check.about = `${parameterCount} parameters`;
    if (parameters !== parameterCount)
      check.faults.push(`has ${show(parameters)} parameters, expected ${parameterCount} (of its network)`);
    return spec;
  });
}
