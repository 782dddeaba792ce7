/**
 * An authority, and certificates from it, for a test's own broker and clients.
 *
 * @module
 */

import { join } from "node:path";
import type { BrokerCertificates } from "./config.ts";

/** Certificates of a test. */
export interface Certificates extends BrokerCertificates {
  /** The authority's certificate, as PEM. */
  readonly ca: string;
  /** A client's certificate, as PEM. */
  readonly clientCertificate: string;
  /** Its private key, as PEM. */
  readonly clientKey: string;
}

/** Makes certificates, with OpenSSL. @param folder Where their files go. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const file = (name: string) => join(folder, name);

  async function openssl(...args: string[]): Promise<void> {
    const { success, stderr } = await new Deno.Command("openssl", {
      args,
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    if (!success) {
      throw new Error(`openssl failed: ${new TextDecoder().decode(stderr)}`);
    }
  }

  const request = (name: string) => [
    "req",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    `${name}.key`,
    "-subj",
    `/CN=${name}`,
  ];
  await openssl(...request("ca"), "-x509", "-days", "2", "-out", "ca.pem");
  for (const name of ["broker", "client"]) {
    await openssl(...request(name), "-out", `${name}.csr`);
    await Deno.writeTextFile(
      file(`${name}.ext`),
      "subjectAltName=IP:127.0.0.1,DNS:localhost\n",
    );
    await openssl(
      ..."x509 -req -days 2 -CA ca.pem -CAkey ca.key -CAcreateserial".split(
        " ",
      ),
      ...["-in", `${name}.csr`, "-extfile", `${name}.ext`],
      ...["-out", `${name}.pem`],
    );
  }
  const read = (name: string) => Deno.readTextFile(file(name));
  await Deno.writeTextFile(
    file("broker.store"),
    await read("broker.key") + await read("broker.pem"),
  );
  return {
    ca: await read("ca.pem"),
    clientCertificate: await read("client.pem"),
    clientKey: await read("client.key"),
    keyStore: file("broker.store"),
    trustStore: file("ca.pem"),
  };
}
