import { testGrantingHandler } from "./_granting.ts";

testGrantingHandler("userAuthentication.userThirdPartyLoggedIn");
