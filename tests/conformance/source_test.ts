import { startSource } from "./_source.ts";
import { conformance } from "./suite.ts";

conformance("source", startSource);
