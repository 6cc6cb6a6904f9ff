// Loaded by --import: makes this process report another version of Node.js.
Object.defineProperty(process, 'version', { value: 'v99.0.0' });
