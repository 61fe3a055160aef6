// Cloudflare's voprf-ts and ours, in each other's place: as client, as key holder, and mixed.
// Usage: node peer.mjs OPRF_DRIVER. Prints a line per agreement; exit 1 at the first difference.
import { spawn } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { createInterface } from 'node:readline';
import assert from 'node:assert/strict';

globalThis.crypto ??= webcrypto; // Node 18 has it, but not as a global

const {
  Evaluation, EvaluationRequest, Oprf, VOPRFClient, VOPRFServer, derivePrivateKey, generatePublicKey, randomPrivateKey,
} = await import('@cloudflare/voprf-ts');
const { CryptoNoble } = await import('@cloudflare/voprf-ts/crypto-noble');

Oprf.Crypto = CryptoNoble;
const suite = Oprf.Suite.P256_SHA256;
const group = Oprf.getGroup(suite);
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytes = (text) => new Uint8Array(Buffer.from(text, 'hex'));

const driver = spawn(process.argv[2], [], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: driver.stdout })[Symbol.asyncIterator]();
async function ours(request) {
  driver.stdin.write(JSON.stringify(request) + '\n');
  const { value, done } = await lines.next();
  assert(!done, 'our driver ended');
  return JSON.parse(value);
}

// Their evaluation on the wire: u16 count, the elements, the mode, the proof. Ours has the same parts.
const evaluationFromOurs = (answer) => {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(answer.evaluated.length);
  return Evaluation.deserialize(suite, bytes(hex(count) + answer.evaluated.join('') + '01' + answer.proof));
};
const theirEvaluation = async (key, blinded) => {
  const request = new EvaluationRequest(blinded.map((element) => group.desElt(bytes(element))));
  const evaluation = await new VOPRFServer(suite, key).blindEvaluate(request);
  return {
    publicKey: hex(generatePublicKey(suite, key)),
    evaluated: evaluation.evaluated.map((element) => hex(element.serialize(true))),
    proof: hex(evaluation.proof.serialize()),
  };
};

// Lengths 1 to 60, citizen numbers as Polder frames them among them.
const inputs = [];
for (let i = 0; i < 12; ++i) inputs.push(new TextEncoder().encode(`NL-BSN\0${100000000 + 7 * i}`));
for (const length of [1, 31, 32, 60]) inputs.push(webcrypto.getRandomValues(new Uint8Array(length)));
const outputsOf = async (key) => {
  const server = new VOPRFServer(suite, key);
  return Promise.all(inputs.map(async (input) => hex(await server.evaluate(input))));
};

let agreements = 0;
const agree = (what, got, expected) => {
  assert.deepEqual(got, expected, what);
  console.log(`agree: ${what}`);
  ++agreements;
};

const keyA = await randomPrivateKey(suite);
const keyB = await randomPrivateKey(suite);
const sum = ((BigInt('0x' + hex(keyA)) + BigInt('0x' + hex(keyB))) % order).toString(16).padStart(64, '0');

for (const mode of [0, 1]) {
  const seed = webcrypto.getRandomValues(new Uint8Array(32));
  const info = new TextEncoder().encode('RMC10/absence/2025SJ');
  const theirs = await derivePrivateKey(mode, suite, seed, info);
  const answer = await ours({ do: 'derive', seed: hex(seed), info: hex(info), mode });
  agree(`derived key, mode ${mode}`, answer, { key: hex(theirs), publicKey: hex(generatePublicKey(suite, theirs)) });
}

{
  const client = new VOPRFClient(suite, generatePublicKey(suite, keyA));
  const [state, request] = await client.blind(inputs);
  const blinded = request.blinded.map((element) => hex(element.serialize(true)));
  const answer = await ours({ do: 'evaluate', key: hex(keyA), blinded });
  const outputs = await client.finalize(state, evaluationFromOurs(answer));
  agree('their client, our key holder', outputs.map(hex), await outputsOf(keyA));

  const stranger = new VOPRFClient(suite, generatePublicKey(suite, keyB));
  await assert.rejects(stranger.finalize(state, evaluationFromOurs(answer)), 'their client must refuse another key');
  const swapped = { ...answer, evaluated: [...answer.evaluated] };
  [swapped.evaluated[0], swapped.evaluated[1]] = [swapped.evaluated[1], swapped.evaluated[0]];
  await assert.rejects(client.finalize(state, evaluationFromOurs(swapped)), 'their client must refuse another order');
  agree('their client refuses what is not proven', true, true);
}

{
  const { blinded } = await ours({ do: 'blind', inputs: inputs.map(hex) });
  const a = await theirEvaluation(keyA, blinded);
  const b = await theirEvaluation(keyB, blinded);
  const oursB = await ours({ do: 'evaluate', key: hex(keyB), blinded });
  agree('public key', oursB.publicKey, b.publicKey);
  agree('evaluated elements', oursB.evaluated, b.evaluated);
  const finalize = (holders) => ours({ do: 'finalize', holders });
  agree('our client, their key holder', await finalize([a]), { outputs: await outputsOf(keyA) });
  const expected = { outputs: await outputsOf(bytes(sum)) };
  agree('our client, two of their key holders', await finalize([a, b]), expected);
  agree('our client, one key holder of theirs and one of ours', await finalize([a, oursB]), expected);
  agree('our client names the holder that is not proven', await finalize([a, { ...b, proof: a.proof }]), {
    problems: [{ code: 'oprf-proof', pointer: '/holders/1' }],
  });
}

driver.stdin.end();
console.log(`${agreements} agreements`);
assert.equal(agreements, 10);
