"""Resource packs: what a conference leaves behind.

A *resource* is one thing that remains (slides, a recording, a link); it belongs to a session or to the conference, has
versions, and answers for ever at ``/resources/{code}``. A *pack* is an ordered list of resources: each session's own, which
its resources join by themselves, and those that organisers put together. What was seen once and is gone leaves a tombstone.

Where each subject is:

* here, the ground: ``tables``; ``contents`` (bytes by checksum, who needs them, sweeping); ``versions``; ``tombstones``;
  ``held_packs`` (the lock, and what every change notes: pack version, first seen, harvest datestamp); ``placing`` (the
  session's own pack, places in packs); ``removing``; ``queries``; ``showing`` (pure: who sees which pack, and when);
  ``open_to_all`` (what anyone may open, and what harvesters were told); ``search_index``, ``search_words`` (pure: words in
  any script) and ``file_texts`` (what captions and transcripts say); ``jobs``
* here, packs and what lies in them: ``resource_packs``, ``resources``, ``resource_files``, ``relations``, ``topics``,
  ``states`` (review, withdrawing), ``turning`` (dates that have come), ``composing``, ``arranging`` (order, and what a pack
  says of each thing), their facts, words and forms (``resource_facts``, ``resource_words``, ``licences``, ``choices``,
  ``pack_dates``, ``pack_views``, ``…_form``). That a pack is out is told by the package above, ``registration.announcing``
* ``collecting``: ``uploads`` and ``receiving`` (resumable, tus), ``arriving`` (an upload becomes a resource), ``file_checks``,
  ``captions`` (WebVTT), ``subrip``, ``chapters``, ``captioning``; by speakers ``handing_in``, ``own_resources``, ``own_news``;
  ``consents`` (may a recording be published, and taking it down), ``link_checks``; what is owed: ``expectations``, ``owed``
  (pure: who owes what), ``owing``, ``chase`` (the letter to those who owe)
* ``importing``: bags, and zips with a sheet, looked at row by row and taken in
* ``describing``: ``resource_record`` (pure: all that a catalogue would say), ``records`` (reads it, however many), ``standing``
  (pure: who may know and open it at its own address); from records ``citations``, ``dublin_core``, ``resource_meta``
  (Highwire, Dublin Core, COinS), ``resource_data`` (JSON-LD), ``signposting`` (RFC 8288, RFC 9264)
* ``reading``: ``resource_page``, ``pack_page``, ``afterlife`` (what an address says when the thing is gone), ``previews`` (by a
  job, in a process of their own: ``preview_child``), ``lengths``, ``spoken`` (captions as text), ``news`` (Atom)
* ``library``: ``library_asked`` (the address), ``library_sql``, ``library`` (what is found), ``library_views``
* ``harvesting``: ``oai_asked``, ``oai_records``, ``oai`` (pure: the answers of OAI-PMH)
* ``bags``: ``bagging`` (read from the tables), ``bag_contents``, ``bag_names``, ``bag_metadata``, ``bag_page`` (its index.html),
  ``bag`` (RFC 8493), ``bag_zip`` (its zip is ``conference.zip_layout``: computed ahead, sent from any octet on)

Which rows need which files of the store is declared in ``sessions.stored_files``, for ``meridian doctor --files``.

Rules lock the conference's row first (``held_packs``), then anything else. Each change that a reader would notice goes through
``held_packs.write_pack``; each that a harvester would, through ``versions.note_version`` or ``held_packs.stamp``.
"""
