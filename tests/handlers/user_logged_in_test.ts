import handler from "../../handlers/user_logged_in.ts";
import { testGrantingHandler } from "./_granting.ts";

testGrantingHandler("userAuthentication.userLoggedIn", handler);
