import './no-network.ts';

await fetch('http://127.0.0.1:9').catch(() => {});
