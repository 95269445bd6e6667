"""Resource packs: what a conference leaves behind.

A *resource* is one thing that remains (slides, a recording, a link); it belongs to a session or to the conference, has
versions, and answers for ever at ``/resources/{code}``. A *pack* is an ordered list of resources: each session's own, which
its resources join by themselves, and those that organisers put together. What was seen once and is gone leaves a tombstone.

Where each subject is (modules without a ✓ are still to come under these names):

* ground ✓: ``tables``; ``contents`` (bytes by checksum, who needs them, sweeping); ``tombstones``; ``versions``;
  ``search_index`` and ``search_words`` (pure: words in any script); ``showing`` (pure: who sees which pack, and when); ``held_packs`` (the lock and what every change notes:
  pack version, first seen, harvest datestamp); ``placing`` (the session's own pack, places in packs); ``removing``; ``queries``
* packs ✓: ``resource_packs`` (rules), ``resources`` (files and links in a pack), ``resource_files``, ``resource_facts``,
  ``relations``, ``topics``, forms (``pack_forms``, ``resource_forms``, ``resource_words``, ``choices``), ``pack_views``,
  ``licences``, ``states`` (review, withdrawing), ``composing``, ``arranging`` (order, and what a pack says of each
  thing), ``turning`` (dates that have come), ``pack_dates`` (pure: in words). Those registered are told that a pack is out by the
  package above, ``registration.announcing``, which writes ``ResourcePack.announced_at``
* collecting: ``uploads`` and ``receiving`` ✓ (resumable, tus), ``arriving`` ✓ (an upload becomes a resource), ``file_checks``,
  ``captions`` (WebVTT), ``subrip`` and ``chapters`` ✓ (pure), ``captioning`` ✓ (captions and chapters put beside a recording),
  ``upload_views`` ✓, ``jobs`` ✓, ``handing_in`` ✓ (by speakers), ``own_resources`` ✓ (changed, replaced, taken back by them),
  ``consents`` ✓ (may a recording be published, and taking it down), ``link_checks`` ✓; ``expectations`` ✓ (what sessions are to
  leave behind), ``owed`` ✓ (pure: who owes what), ``owing`` ✓ (its reads), ``chase`` ✓ (the letter to those who owe)
* described ✓: ``resource_record`` (pure: all that a catalogue would say), ``records`` (reads it, however many), ``standing``
  (pure: who may know and open it at its own address), ``citations`` and ``dublin_core`` (pure, from records)
* pages: ``resource_page`` ✓ (a resource at its own address), ``pack_page`` ✓, ``afterlife`` ✓ (what an address says when the thing is gone),
  ``library`` ✓ (across conferences: ``library_asked`` the address, ``library_sql``, ``library_views``;
  ``file_texts`` ✓ reads what captions and transcripts say), ``previews`` ✓ (first
  pages, by a job, in a process of their own: ``preview_child``), ``lengths`` ✓ (pure: how long a recording is), ``spoken`` ✓ (pure: captions as text)
* bags: ``bag`` ✓ (RFC 8493; the zip is ``conference.zip_layout``: computed ahead, sent from any octet on), ``bag_contents`` ✓ (what
  lies in it), ``bag_names`` ✓, ``bag_metadata`` ✓, ``bag_page`` ✓ (its index.html), ``bagging`` ✓ (read from the tables),
  ``bag_zip`` ✓; ``importing`` ✓ (bags, and zips with a sheet, looked at row by row and taken in)
* machines: ``resource_meta`` ✓ (Highwire, Dublin Core, COinS), ``resource_data`` ✓ (JSON-LD), ``signposting`` ✓ (RFC 8288, RFC 9264);
  ``news`` ✓ (Atom), ``sessions.programme.sitemap`` ✓; ``oai`` ✓ (pure: the answers of OAI-PMH; ``oai_asked`` what is asked,
  ``oai_records`` the pages of records), ``open_to_all`` ✓ (which resources anyone may open, and what harvesters were told)

Which rows need which files of the store is declared in ``sessions.stored_files``, for ``meridian doctor --files``.

Rules lock the conference's row first (``held_packs``), then anything else. Each change that a reader would notice goes through
``held_packs.write_pack``; each that a harvester would, through ``versions.note_version`` or ``held_packs.stamp``.
"""
