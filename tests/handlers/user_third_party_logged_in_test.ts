import handler from "../../handlers/user_third_party_logged_in.ts";
import { testGrantingHandler } from "./_granting.ts";

testGrantingHandler("userAuthentication.userThirdPartyLoggedIn", handler);
