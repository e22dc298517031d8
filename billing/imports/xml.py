"""Reads XML that comes from outside: entities, DTDs and the network stay off, and memory is bounded.

Dangerous if loosened. A document that declares entities is refused; a DTD is never loaded. Elements are given one
by one as they end, and the reader lets go of all that lies before them. An end counts only at its place in the
document. Where none ends for MOST_GAP_BYTES, where more than MOST_NODES are held at once, or where a text is longer
than 10 MB (the limit of libxml2), the file is refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from lxml import etree

from register.work.filing import UnableToReadFile
from register.work.tables import Readable

CHUNK_BYTES = 1 << 16
MOST_GAP_BYTES = 4 << 20
MOST_NODES = 200_000
_COUNTED_EVERY_BYTES = 4 * CHUNK_BYTES
_NODES = etree.XPath("count(//node()) + count(//@*)")
Element = etree._Element
Place = tuple[int, Sequence[str]]


def pieces(source: Readable) -> Iterator[bytes]:
    """Give the bytes of a file in small pieces."""
    with source.open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES):
            yield piece


class XmlReader:
    """Reads one document and gives (event, element): "start" of the names in `starts`, "end" of those in `ends`.

    `ends` gives each name its place: how many elements are around it, and how the nearest may be called (nothing
    where it is the root). The root itself is among `starts`. After the "end" of an element was dealt with, it is
    forgotten with all elder siblings of itself and of what is around it; of an element in `heads` the children
    stay, but for those that are called alike, since they are read when it ends.
    """

    def __init__(
        self,
        *,
        starts: Sequence[str],
        ends: Mapping[str, Place],
        heads: Sequence[str] = (),
        may_have_doctype: bool = False,
    ) -> None:
        self._starts, self._ends, self._heads = frozenset(starts), dict(ends), frozenset(heads)
        self._root: Element | None = None
        self._may_have_doctype = may_have_doctype
        self._is_checked = False
        self._parser: Any = etree.XMLPullParser(
            events=("start", "end"),
            tag=[f"{{*}}{name}" for name in sorted(self._starts | self._ends.keys())],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            attribute_defaults=False,
            huge_tree=False,
            recover=False,
            remove_comments=True,
            remove_pis=True,
        )

    def read(self, content: Iterable[bytes]) -> Iterator[tuple[str, Element]]:
        """Parse the document. Raises: UnableToReadFile."""
        gap = uncounted = 0
        try:
            for piece in content:
                self._parser.feed(piece)
                gap, uncounted = gap + len(piece), uncounted + len(piece)
                for event, element in self._parser.read_events():
                    self._check_doctype(element)
                    name = local(element)
                    if event == "start" and name in self._starts:
                        yield event, element
                    elif event == "end" and self._is_in_place(element):
                        yield event, element
                        self._forget(element)
                        gap = 0
                if gap > MOST_GAP_BYTES:
                    raise _too_large()
                if uncounted >= _COUNTED_EVERY_BYTES:
                    uncounted = 0
                    self._count()
            self._parser.close()
        except etree.XMLSyntaxError as error:
            raise _told(error) from None
        for event, element in self._parser.read_events():
            if event == "end" and self._is_in_place(element):
                yield event, element

    def _is_in_place(self, element: Element) -> bool:
        """Tell whether an element is where its name belongs; elsewhere it ends nothing."""
        depth, parents = self._ends.get(local(element), (-1, ()))
        around, found = element.getparent(), 0
        if around is not None and local(around) not in parents:
            return False
        while around is not None and found <= depth:
            around, found = around.getparent(), found + 1
        return found == depth

    def _forget(self, element: Element) -> None:
        """Let go of an element and of what lies before it, here and around."""
        element.clear()
        while (parent := element.getparent()) is not None:
            is_head = local(parent) in self._heads
            while (elder := element.getprevious()) is not None and (not is_head or elder.tag == element.tag):
                parent.remove(elder)
            element = parent

    def _count(self) -> None:
        """Refuse what holds too much at once, and what has no root that is known. Raises: UnableToReadFile."""
        held: Any = None if self._root is None else _NODES(self._root)
        if held is None or held > MOST_NODES:
            raise _too_large()

    def _check_doctype(self, element: Element) -> None:
        if self._is_checked:
            return
        self._is_checked = True
        self._root = element.getroottree().getroot()
        info = element.getroottree().docinfo
        dtd: Any = info.internalDTD
        if dtd is None and not getattr(info, "doctype", ""):
            return
        if not self._may_have_doctype:
            raise UnableToReadFile(_("The file has a document type (DOCTYPE), which does not belong there."), line=1)
        if dtd is not None and any(True for _entity in dtd.iterentities()):
            raise UnableToReadFile(
                _("The file declares entities of its own, which may do harm: it is refused."), line=1
            )


def local(element: Element) -> str:
    """Give the name of an element without its namespace."""
    name = element.tag
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def namespace(element: Element) -> str:
    """Give the namespace of an element, or nothing."""
    name = element.tag
    return name[1:].partition("}")[0] if isinstance(name, str) and name.startswith("{") else ""


def child(element: Element | None, *path: str) -> Element | None:
    """Give the first descendant along a path of names."""
    for name in path:
        if element is None:
            return None
        element = next((each for each in element if local(each) == name), None)
    return element


def text(element: Element | None, *path: str) -> str:
    """Give the text of an element, or of the first descendant along a path, stripped; nothing where it is not there."""
    found = child(element, *path)
    return (found.text or "").strip() if found is not None else ""


def line_of(element: Element) -> int:
    """Give the line of the file on which an element begins."""
    line: Any = element.sourceline
    return int(line or 0)


def _too_large() -> UnableToReadFile:
    return UnableToReadFile(_("A part of the file is too large to be right, or it is another kind of file."))


def _told(error: Any) -> UnableToReadFile:
    line = int(error.lineno or 0)
    words = str(error.msg or "")
    if "entity" in words.casefold():
        return UnableToReadFile(_("The file uses entities, which may do harm: it is refused."), line=line)
    if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
        return UnableToReadFile(_("Something in the file is longer than could be right: it is refused."), line=line)
    if "Start tag expected" in words or "Document is empty" in words:
        return UnableToReadFile(_("This is no XML file, whatever its name says."), line=line)
    if not line:
        return UnableToReadFile(_("The file is no right XML: it is damaged, broken off, or in another encoding."))
    return UnableToReadFile(
        _("Line %(line)s is no right XML: the file is damaged or broken off.") % {"line": line}, line=line
    )
