"""Where webhooks may lead: nowhere behind the firewall, in whatever spelling."""

import ipaddress
from typing import Any

import pytest

from tenants.webhooks.addresses import Forbidden, checked, faults_of_url

PRIVATE = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104  (to be refused)
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",  # the metadata of clouds
    "100.64.0.1",  # CGNAT
    "100.100.100.200",  # Alibaba's metadata
    "168.63.129.16",  # Azure's
    "192.0.0.192",  # Oracle's
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.1",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
)
PUBLIC = ("93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(Forbidden, match="no webhook may go"):
        checked([address], ())


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_reached(address: str) -> None:
    assert checked([address], ()) == [ipaddress.ip_address(address)]


def test_one_forbidden_address_among_others_is_enough() -> None:
    with pytest.raises(Forbidden, match=r"10\.0\.0\.1"):
        checked(["8.8.8.8", "10.0.0.1"], ())


def test_a_host_without_an_address_is_refused() -> None:
    with pytest.raises(Forbidden, match="no address"):
        checked([], ())


def test_the_operator_opens_networks_and_nothing_beside_them() -> None:
    networks = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8"))

    assert checked(["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"], networks)
    with pytest.raises(Forbidden, match=r"10\.2\.0\.1"):
        checked(["10.2.0.1"], networks)


def test_without_encryption_only_what_is_named_is_reached() -> None:
    networks = (ipaddress.ip_network("10.1.0.0/16"),)

    assert checked(["10.1.2.3"], networks, must_be_named=True)
    with pytest.raises(Forbidden, match=r"8\.8\.8\.8"):
        checked(["8.8.8.8"], networks, must_be_named=True)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "whole URL"),
        ("example.com/hooks", "whole URL"),
        ("https://", "whole URL"),
        ("https:///hooks", "whole URL"),
        ("https://exam ple.com", "whole URL"),
        ("https://example.com\\@10.0.0.1/", "whole URL"),
        ("https://example.com/\n", "whole URL"),
        ("https://bücher.example/", "whole URL"),
        ("https://example.com:99999/", "whole URL"),
        ("https://[::1/", "whole URL"),
        ("https://example.com/" + "a" * 2_000, "whole URL"),
        ("http://example.com/", "must begin with https://"),
        ("ftp://example.com/", "must begin with https://"),
        ("file:///etc/passwd", "whole URL"),
        ("gopher://example.com/", "must begin with https://"),
        ("https://user:pass@example.com/", "do not belong"),
        ("https://example.com/#part", "never sent"),
        ("https://example.com:25/", "Ports are"),
        ("https://example.com:22/", "Ports are"),
        ("https://127.0.0.1/", "no public address"),
        ("https://[::1]/", "no public address"),
        ("https://[::ffff:a9fe:a9fe]/", "no public address"),
        ("https://2130706433/", "no public address"),
        ("https://0x7f.1/", "no public address"),
        ("https://0177.0.0.1/", "no public address"),
        ("https://127.1/", "no public address"),
    ],
)
def test_a_url_that_cannot_be_right_is_refused_when_it_is_given(url: str, fault: str) -> None:
    assert any(fault in found for found in faults_of_url(url)), list(faults_of_url(url))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hooks?a=b",
        "https://example.com:8443/",
        "https://8.8.8.8/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_a_url_that_may_be_right_is_taken(url: str) -> None:
    assert not list(faults_of_url(url))


def test_without_encryption_only_where_the_operator_named_networks(settings: Any) -> None:
    assert list(faults_of_url("http://ci.internal/"))

    settings.WEBHOOK_NETWORKS = (ipaddress.ip_network("10.1.0.0/16"),)

    assert not list(faults_of_url("http://ci.internal/"))
    assert not list(faults_of_url("https://10.1.0.1/"))
    assert list(faults_of_url("https://10.2.0.1/"))
