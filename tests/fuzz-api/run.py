"""Starts the real relay beside the simulated broker, and lets schemathesis loose on it: signed as the extension signs, and not."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
# Where its own packages are, before any that import them.
sys.path[:0] = [os.environ["FUZZ_API_PACKAGES"], str(HERE)]

import requests  # noqa: E402
from nacl.signing import SigningKey  # noqa: E402
from signing import Signature, public_jwk  # noqa: E402

API_KEY = "broker-sim-api-key"
CUSTOMERS = "customers.example"
CODES = 12
# Logins for these customers need a colleague.
APPROVALS = """
[policy.approval]
roles = "*"
domains = ["approval.example"]
"""
# Of the time, the part for requests that are signed.
SIGNED_PART = 2 / 3
# Beyond its time, for what comes before and after; then something hangs.
MARGIN = 180


class Installation:
    def __init__(self, relay, broker, folder):
        self.relay, self.folder = relay, folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.children = []
        self.broker = json.loads(
            self.start([broker, "--customer-domain", CUSTOMERS, "--requests-per-minute", "1000000"]).stdout.readline()
        )

    def start(self, command):
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.children.append(child)
        return child

    def command(self, *arguments):
        return [self.relay, "--config", str(self.folder / "stagedoor.toml"), *arguments]

    def configure(self):
        text = subprocess.run([self.relay, "config", "example"], capture_output=True, text=True, check=True).stdout
        for old, new in [
            ("127.0.0.1:8080", "127.0.0.1:0"),
            ("127.0.0.1:9090", "127.0.0.1:0"),
            ('"relay.broker.example"', '"127.0.0.1:0"'),
            ("/var/lib/stagedoor", str(self.folder)),
            ("/etc/stagedoor", str(self.folder)),
            ("https://broker-api.broker.example", self.broker["brokerUrl"]),
            ("https://platform.broker.example", self.broker["platformUrl"]),
            # The limits would answer instead of what is behind them.
            ("staff_per_minute = 20", "staff_per_minute = 10000"),
            ("staff_per_day = 1000", "staff_per_day = 1000000"),
            ("profile_per_minute = 20", "profile_per_minute = 10000"),
            ("customer_per_hour = 60", "customer_per_hour = 10000"),
            ("staff_previews_per_hour = 60", "staff_previews_per_hour = 100000"),
            ("broker_previews_per_minute = 50", "broker_previews_per_minute = 100"),
            ("preview = false", "preview = true"),
        ]:
            assert old in text, f"{old} is not in the example configuration"
            text = text.replace(old, new)
        (self.folder / "stagedoor.toml").write_text(text + APPROVALS)
        key = self.folder / "api-key"
        key.touch(mode=0o600)
        key.write_text(API_KEY)

    def serve(self):
        log = open(self.folder / "relay.log", "w")
        child = subprocess.Popen(self.command("serve"), stdout=log, stderr=subprocess.STDOUT)
        self.children.append(child)
        while child.poll() is None:
            for line in (self.folder / "relay.log").read_text().splitlines():
                if '"listening"' in line:
                    return "http://" + json.loads(line)["api"]
            time.sleep(0.05)
        sys.exit("the relay did not start:\n" + (self.folder / "relay.log").read_text())

    def invite(self, email):
        command = self.command("staff", "invite", email, "--json")
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return json.loads(said)["code"]

    def enrol(self, url, email):
        key = SigningKey.generate()
        body = {"code": self.invite(email), "publicKey": public_jwk(key), "extensionVersion": "0.1.0"}
        answer = requests.post(f"{url}/v1/enrolments", json=body, auth=Signature(key), timeout=20)
        assert answer.status_code == 201, answer.text
        return key

    def log(self):
        return (self.folder / "relay.log").read_text()

    def end(self):
        for child in reversed(self.children):
            child.send_signal(signal.SIGINT)
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()


def fuzz(url, setting, options):
    """Whether nothing was found."""
    seconds = round(options.seconds * (SIGNED_PART if setting["signed"] else 1 - SIGNED_PART))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path[:2]),
        "SCHEMATHESIS_HOOKS": "hooks",
        "FUZZ_API_SETTING": json.dumps(setting),
        "NO_COLOR": "1",
    }
    command = [sys.executable, "-m", "schemathesis.cli", "run"]
    # From a file: read from its own address, the document's address would not be tried.
    command += [options.folder / "openapi.json", "--url", url, "--checks", "all", "--seed", str(options.seed)]
    command += ["--max-time", str(seconds), "--generation-database", "none", "--request-timeout", "15"]
    # What the hook signs anyway cannot be left out or spoiled; without the hook, it is.
    command += ["--generation-with-security-parameters", str(not setting["signed"]).lower()]
    print("signed" if setting["signed"] else "not signed", flush=True)
    try:
        # It keeps notes where it runs.
        done = subprocess.run(command, cwd=options.folder, env=environment, timeout=seconds + MARGIN)
        return done.returncode == 0
    except subprocess.TimeoutExpired:
        print("it did not come to an end")
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--relay", required=True)
    parser.add_argument("--broker", required=True)
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder = options.folder.absolute()
    installation = Installation(options.relay, options.broker, options.folder)
    try:
        installation.configure()
        url = installation.serve()
        document = requests.get(f"{url}/openapi.json", timeout=20).text
        (options.folder / "openapi.json").write_text(document)
        key = installation.enrol(url, "desk@broker.example")
        colleague = installation.enrol(url, "colleague@broker.example")
        codes = [installation.invite(f"person-{number}@broker.example") for number in range(CODES)]
        setting = {"key": bytes(key).hex(), "colleague": bytes(colleague).hex(), "codes": codes}
        results = [fuzz(url, {**setting, "signed": signed}, options) for signed in (True, False)]
    finally:
        installation.end()
    log = installation.log()
    for word in ("panicked", '"level":"ERROR"'):
        if word in log:
            print(f"the relay's log says {word}: {options.folder / 'relay.log'}")
            results.append(False)
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
