@echo off
rem Runs a task: by Deno 2.9.6 where that is installed, or else by npx, which brings it.
deno --version 2>nul | findstr /b /c:"deno 2.9.6" >nul
if not errorlevel 1 (
  deno task --quiet %*
) else (
  npx -y deno@2.9.6 task --quiet %*
)
exit /b %errorlevel%
