# A virtual environment with what requirements.txt pins. One that has it already is left as it is,
# so building again needs no network.
set -e
venv=../../build/references/asyncio
if cmp -s requirements.txt "$venv/requirements.txt" && "$venv/bin/python" -c "import uvloop"; then
  exit
fi
python3 -m venv --clear "$venv"
"$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
  --require-hashes --only-binary :all: -r requirements.txt
cp requirements.txt "$venv/"
