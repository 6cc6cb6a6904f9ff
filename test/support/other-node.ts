// Loaded by --import: this process takes itself for one of another version of Node.js.
Object.defineProperty(process, 'version', { value: 'v99.0.0' });
