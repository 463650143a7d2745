# SPDX-License-Identifier: Apache-2.0
"""A certificate authority for stories, made by openssl in a folder of its own."""
import pathlib
import shutil
import subprocess
import tempfile


def openssl(*arguments, text=None):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, input=text, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def validity(days):
    """Less than 0: expired. OpenSSL 3.4 and later want dates for that, earlier ones don't know them."""
    if days >= 0:
        return ["-days", days]
    version = tuple(int(part) for part in openssl("version").split()[1].split(".")[:2])
    past = ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"]
    return past if version >= (3, 4) else ["-days", days]


class Authority:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-story-ca-"))
        self.serial = 0
        self._key("ca", rsa=False)
        openssl("req", "-x509", "-new", "-key", self.folder / "ca.key", "-subj", "/CN=story authority", "-days", "60",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature", "-out", self.folder / "ca.pem")
        self.ca = self.folder / "ca.pem"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def _key(self, name, rsa):
        kind = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if rsa else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("genpkey", "-algorithm", *kind, "-out", self.folder / f"{name}.key")
        (self.folder / f"{name}.key").chmod(0o600)

    def issue(self, name, names="DNS:story.test,IP:127.0.0.1", rsa=False, days=30, subject=None):
        """{"cert": path, "key": path} of a new certificate; the same name writes over the old files. One that ends within a week is
        warned of. names: as openssl's configuration has them; a list where they have commas; None: none."""
        self.serial += 1
        self._key(name, rsa)
        request = openssl("req", "-new", "-key", self.folder / f"{name}.key", "-subj", subject or f"/CN={name}")
        extensions = self.folder / f"{name}.ext"
        listed = isinstance(names, list)
        told = f"subjectAltName={'@names' if listed else names}\n" if names else ""
        section = "[names]\n" + "".join(f"{one.replace('=', f'.{at}=', 1)}\n" for at, one in enumerate(names)) if listed else ""
        extensions.write_text(f"{told}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n{section}")
        cert = openssl("x509", "-req", "-CA", self.ca, "-CAkey", self.folder / "ca.key", "-set_serial", self.serial,
                       *validity(days), "-extfile", extensions, text=request)
        (self.folder / f"{name}.pem").write_text(cert)
        return {"cert": str(self.folder / f"{name}.pem"), "key": str(self.folder / f"{name}.key")}

    def staple(self, name, path, days=3):
        """Writes an OCSP response that says of the certificate of that name that it is good, for so many days."""
        serial = openssl("x509", "-in", self.folder / f"{name}.pem", "-noout", "-serial").strip().split("=")[1]
        index = self.folder / "index.txt"
        index.write_text(f"V\t401231235959Z\t\t{serial}\tunknown\t/CN={name}\n")
        openssl("ocsp", "-index", index, "-rsigner", self.ca, "-rkey", self.folder / "ca.key", "-CA", self.ca, "-issuer", self.ca,
                "-cert", self.folder / f"{name}.pem", "-ndays", days, "-respout", path)

    def fingerprint(self, name):
        line = openssl("x509", "-in", self.folder / f"{name}.pem", "-noout", "-fingerprint", "-sha256")
        return line.split("=", 1)[1].strip().replace(":", "").lower()
