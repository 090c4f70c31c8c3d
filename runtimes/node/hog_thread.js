// The thread that computes for a hog of form offloaded (hog.js).

import { parentPort } from 'node:worker_threads';

import { worked } from './shared/handler.js';

parentPort.on('message', ({ word, steps }) => parentPort.postMessage(worked(word, steps)));
parentPort.postMessage('it listens');
