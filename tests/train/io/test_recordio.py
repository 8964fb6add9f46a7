import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ArgumentError, DataFileError, NotInitializedError, NotSupportedError
from workbench.train.io import recordio

MAGIC = recordio.MAGIC
CONTENT = st.lists(st.sampled_from([b"", b"a", b"\0", b"bcd", b"1234", MAGIC]), max_size=8).map(b"".join)


@settings(max_examples=50)
@given(records=st.lists(CONTENT, max_size=5))
def test_records_come_back(records, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("records") / "a.rec")
    writer = recordio.MXRecordIO(path, "w")
    for record in records:
        writer.write(record)
    writer.close()
    reader = recordio.MXRecordIO(path, "r")
    for _ in range(2):
        assert [reader.read() for _ in records] == records
        assert reader.read() is None
        reader.reset()
    reader.close()


def test_the_bytes_are_mxnets(tmp_path):
    path = tmp_path / "a.rec"
    writer = recordio.MXRecordIO(str(path), "w")
    for record in (b"abcde", b"1234" + MAGIC + b"xy"):
        writer.write(record)
    writer.close()
    first = MAGIC + struct.pack("<I", 5) + b"abcde\0\0\0"
    divided = (
        MAGIC + struct.pack("<I", 1 << 29 | 4) + b"1234" + MAGIC + struct.pack("<I", 3 << 29 | 2) + b"xy\0\0"
    )
    assert path.read_bytes() == first + divided


def test_records_by_key(tmp_path):
    index, path = str(tmp_path / "a.idx"), str(tmp_path / "a.rec")
    writer = recordio.MXIndexedRecordIO(index, path, "w")
    for key in (3, 1, 2):
        writer.write_idx(key, f"record {key}".encode())
    writer.close()
    assert (tmp_path / "a.idx").read_text() == "3\t0\n1\t16\n2\t32\n"
    reader = recordio.MXIndexedRecordIO(index, path, "r")
    assert reader.keys == [3, 1, 2]
    assert reader.read_idx(2) == b"record 2"
    assert reader.read_idx(3) == b"record 3"
    assert reader.read() == b"record 1"
    with pytest.raises(ArgumentError, match="has no record 7"):
        reader.read_idx(7)
    reader.close()
    (tmp_path / "a.idx").write_text("3\n")
    with pytest.raises(DataFileError, match="line 1: not 'key<tab>byte': '3'"):
        recordio.MXIndexedRecordIO(index, path, "r")


@pytest.mark.parametrize("label", [4.0, [1.0, 2.5, 3.0]])
def test_headers(label):
    header, content = recordio.unpack(recordio.pack(recordio.IRHeader(0, label, 20, 1), b"image"))
    assert content == b"image"
    np.testing.assert_array_equal(header.label, label)
    assert (header.flag, header.id, header.id2) == (0 if label == 4 else 3, 20, 1)


def test_files_and_calls_that_do_not_fit(tmp_path):
    path = tmp_path / "a.rec"
    with pytest.raises(ArgumentError, match="opened for 'r' or 'w', got 'a'"):
        recordio.MXRecordIO(str(path), "a")
    writer = recordio.MXRecordIO(str(path), "w")
    with pytest.raises(ArgumentError, match="was opened for 'w'"):
        writer.read()
    with pytest.raises(ArgumentError, match="a record is at most 536870911 bytes, got int"):
        writer.write(3)
    writer.close()
    with pytest.raises(NotInitializedError, match=r"was closed; open\(\) it again"):
        writer.write(b"")
    for content, text in (
        (b"not a record", "no record begins at byte 0"),
        (MAGIC, "no record begins at byte 0"),
        (MAGIC + struct.pack("<I", 500) + b"abc", "the record at byte 0 is not complete"),
        (MAGIC + struct.pack("<I", 3 << 29 | 1) + b"abcd", "the record at byte 0 is not complete"),
    ):
        path.write_bytes(content)
        reader = recordio.MXRecordIO(str(path), "r")
        with pytest.raises(DataFileError, match=text):
            reader.read()
        reader.close()
    with pytest.raises(DataFileError, match="begins with 24 bytes of header, this one has 3"):
        recordio.unpack(b"abc")
    with pytest.raises(DataFileError, match="header says 9 labels, it has 1 bytes"):
        recordio.unpack(struct.pack("IfQQ", 9, 0, 0, 0) + b"x")
    with pytest.raises(NotSupportedError, match=r"recordio\.pack_img: images are not coded here"):
        _ = recordio.pack_img


@pytest.mark.parametrize("line", [b"0\t-5", b"0\t4096", b"0\t\xff\xfe", b"zero\t0", b"0"])
def test_a_damaged_index_is_refused_by_its_line(tmp_path, line):
    record, index = tmp_path / "a.rec", tmp_path / "a.idx"
    file = recordio.MXRecordIO(str(record), "w")
    file.write(b"content")
    file.close()
    index.write_bytes(line + b"\n")
    with pytest.raises(DataFileError, match=r"a\.idx, line 1: "):
        recordio.MXIndexedRecordIO(str(index), str(record), "r")
