// Runs pytest within Pyodide: node pyodide_run.mjs PYODIDE PROJECT PACKAGES ARGUMENTS...
const [pyodide, project, packages, ...given] = process.argv.slice(2);
const { loadPyodide } = await import(pyodide);
const python = await loadPyodide();
for (const [root, place] of [[project, "/project"], [packages, "/packages"]]) {
  python.FS.mkdir(place);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, place);
}
python.globals.set("given", given);
process.exitCode = await python.runPythonAsync(`
import os, sys
sys.path[:0] = ["/project", "/packages"]
sys.dont_write_bytecode = True
os.chdir("/project")
import pytest
print("Python", sys.version.split()[0], "on", sys.platform)
int(pytest.main(["-q", "-p", "no:cacheprovider", *given.to_py()]))
`);
