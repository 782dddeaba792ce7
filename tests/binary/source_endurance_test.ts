import { startSource } from "../conformance/_source.ts";
import { endurance } from "../conformance/suite.ts";

endurance("source", startSource);
