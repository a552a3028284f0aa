// Runs a Python program in Pyodide, in the project's folder: node pyodide_runner.mjs PYODIDE
// PROJECT PACKAGES PROGRAM. The value of the program's last line is the exit code.
const [pyodide, project, packages, program] = process.argv.slice(2);
const { loadPyodide } = await import(pyodide);
const python = await loadPyodide();
for (const [root, place] of [[project, "/project"], [packages, "/packages"]]) {
  python.FS.mkdir(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, place);
}
try {
  python.runPython(`
import os, sys
sys.path[:0] = ["/project", "/packages"]
sys.dont_write_bytecode = True
os.chdir("/project")
`);
  process.exitCode = python.runPython(program);
} catch (error) {
  console.error(error.message); // without Pyodide's source, which is one line of a megabyte
  process.exitCode = 1;
}
