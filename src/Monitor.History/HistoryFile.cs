using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Monitor.History;

/// <summary>
/// One file of the history: an SQLite database with the segments of a stretch of the log. Its name is the position of its
/// first entry. Any thread; one call at a time reads or writes.
/// </summary>
internal sealed class HistoryFile : IDisposable
{
    private const string Prefix = "events-";
    private const string Suffix = ".sqlite";
    private const int SqliteCorrupt = 11;
    private const int SqliteNotADatabase = 26;

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;

    private HistoryFile(string path, SqliteConnection connection)
    {
        Path = path;
        _connection = connection;
    }

    public string Path { get; }

    /// <summary>Whether nothing is to be written to it any more, because it is damaged. For the thread that writes.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Bytes on disk, with what is still in its log of changes.</summary>
    public long Bytes => LengthOf(Path) + LengthOf(Path + "-wal");

    /// <summary>When something was stored in it last, by the clock of that time.</summary>
    public DateTimeOffset LastWritten
    {
        get
        {
            // The log of changes is made when the file is opened, with nothing in it.
            var (file, changes) = (new FileInfo(Path), new FileInfo(Path + "-wal"));
            return changes is { Exists: true, Length: > 0 } && changes.LastWriteTimeUtc > file.LastWriteTimeUtc
                ? changes.LastWriteTimeUtc
                : file.LastWriteTimeUtc;
        }
    }

    /// <summary>Whether what is in a file is why it cannot be read, so that it will not be readable later either.</summary>
    public static bool IsUnreadable(Exception failure) =>
        failure is SqliteException { SqliteErrorCode: SqliteCorrupt or SqliteNotADatabase };

    /// <summary>The files of a folder, oldest first.</summary>
    public static IEnumerable<string> In(string folder) =>
        Directory.EnumerateFiles(folder, Prefix + "*" + Suffix)
            .Where(path => PositionOf(path) is not null)
            .OrderBy(path => PositionOf(path));

    public static string PathOf(string folder, long position) =>
        System.IO.Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{position:d20}{Suffix}"));

    /// <summary>Removes a file that is not open, with what belongs to it.</summary>
    public static void Delete(string path)
    {
        foreach (var part in (string[])[path, path + "-wal", path + "-shm", path + "-journal"])
        {
            File.Delete(part);
        }
    }

    /// <summary>Renames a file that is not open, with the changes that are not in it yet: for whoever may want to look at it.</summary>
    /// <returns>Its name.</returns>
    public static string SetAside(string path)
    {
        var name = path + ".damaged";
        File.Move(path, name, overwrite: true);
        if (File.Exists(path + "-wal"))
        {
            File.Move(path + "-wal", name + "-wal", overwrite: true);
        }

        return name;
    }

    /// <summary>Whoever may write to the folder could have this program write elsewhere.</summary>
    /// <exception cref="IOException">It is a link.</exception>
    public static void RefuseLink(string path)
    {
        if (new FileInfo(path).LinkTarget is { } target)
        {
            throw new IOException($"'{path}' is a link to '{target}': remove it");
        }
    }

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="SqliteException">It cannot be read or made.</exception>
    /// <exception cref="InvalidDataException">It is somebody else's database.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static HistoryFile Open(string path)
    {
        RefuseLink(path);
        if (!File.Exists(path))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                // SQLite gives what is beside it the same rights.
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var made = new FileStream(path, options);
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            // Closed is closed: the file may be deleted then.
            Pooling = false,
            // Seconds. Nobody else should have it open.
            DefaultTimeout = 3,
        }.ToString());
        try
        {
            connection.Open();
            var file = new HistoryFile(path, connection);
            // Alone with the file, SQLite needs no memory that processes share. In full, a commit is on the disk when it returns.
            // Pages as large as most of what is in a row beside the entries.
            file.Execute(
                """
                PRAGMA trusted_schema = OFF;
                PRAGMA page_size = 8192;
                PRAGMA locking_mode = EXCLUSIVE;
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                PRAGMA wal_autocheckpoint = 1024;
                PRAGMA journal_size_limit = 8388608;
                PRAGMA cache_size = -2048;
                PRAGMA temp_store = MEMORY;
                CREATE TABLE IF NOT EXISTS segment (
                    position INTEGER PRIMARY KEY,
                    head BLOB NOT NULL,
                    detail BLOB NOT NULL,
                    parts BLOB NOT NULL,
                    data BLOB NOT NULL);
                CREATE TABLE IF NOT EXISTS clean_end (position INTEGER PRIMARY KEY);
                """);
            // Their statements would run in place of ours.
            using var others = file.Command("SELECT 1 FROM sqlite_schema WHERE type NOT IN ('table', 'index')");
            return others.ExecuteScalar() is null ? file : throw new InvalidDataException("it has views or triggers");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Reads the heads of all segments, in the order of the log.</summary>
    /// <param name="take">Is given the position and the head.</param>
    /// <exception cref="SqliteException">The file is damaged behind what was read.</exception>
    /// <exception cref="InvalidDataException">A segment is.</exception>
    public void ReadHeads(Action<long, byte[]> take)
    {
        lock (_lock)
        {
            using var command = Command("SELECT position, head FROM segment ORDER BY position");
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                take(reader.GetInt64(0), Unseal(reader.GetFieldValue<byte[]>(1)));
            }
        }
    }

    /// <summary>Reads a segment's detail.</summary>
    /// <exception cref="SqliteException">The file is damaged.</exception>
    /// <exception cref="InvalidDataException">The segment is.</exception>
    public byte[] ReadDetail(long position)
    {
        lock (_lock)
        {
            return ReadSealed(position, "SELECT detail FROM segment WHERE position = $position");
        }
    }

    /// <summary>Reads what is said of a segment's parts.</summary>
    /// <exception cref="SqliteException">The file is damaged.</exception>
    /// <exception cref="InvalidDataException">The segment is.</exception>
    public byte[] ReadParts(long position)
    {
        lock (_lock)
        {
            return ReadSealed(position, "SELECT parts FROM segment WHERE position = $position");
        }
    }

    /// <summary>Reads a segment's entries, or some of them.</summary>
    /// <param name="position">Where it starts.</param>
    /// <param name="offset">Where they start among its compressed bytes.</param>
    /// <param name="length">How many compressed bytes they have; null for all from there on.</param>
    /// <param name="take">Is given them, for that long only.</param>
    /// <exception cref="SqliteException">The file is damaged.</exception>
    /// <exception cref="InvalidDataException">The segment is.</exception>
    public void ReadData(long position, int offset, int? length, Action<ReadOnlyMemory<byte>> take)
    {
        byte[] data;
        int read;
        lock (_lock)
        {
            using var blob = new SqliteBlob(_connection, "segment", "data", position, readOnly: true);
            read = length ?? (int)blob.Length - offset;
            if (offset < 0 || read < 0 || offset > blob.Length - read)
            {
                throw new InvalidDataException("its entries are cut off");
            }

            data = ArrayPool<byte>.Shared.Rent(read);
            blob.Seek(offset, SeekOrigin.Begin);
            blob.ReadExactly(data, 0, read);
        }

        try
        {
            take(data.AsMemory(0, read));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(data);
        }
    }

    /// <summary>Stores segments at once, or none of them. Replaces what was there of the same entries.</summary>
    /// <exception cref="SqliteException">They are not stored.</exception>
    public void Write(IReadOnlyList<SegmentRow> rows)
    {
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction();
            using var delete = Command("DELETE FROM segment WHERE position >= $start AND position < $end");
            using var insert = new Insertion(_connection);
            foreach (var row in rows)
            {
                delete.Parameters.Clear();
                delete.Parameters.AddWithValue("$start", row.Start.Position);
                delete.Parameters.AddWithValue("$end", row.End.Position);
                delete.ExecuteNonQuery();
                insert.Run(row);
            }

            transaction.Commit();
        }
    }

    /// <summary>Notes that a run ended here, and everything of it is stored.</summary>
    /// <exception cref="SqliteException">It is not noted.</exception>
    public void NoteCleanEnd(long position)
    {
        lock (_lock)
        {
            using var insert = Command("INSERT OR REPLACE INTO clean_end (position) VALUES ($position)");
            insert.Parameters.AddWithValue("$position", position);
            insert.ExecuteNonQuery();
        }
    }

    /// <summary>Forgets where runs ended: another one goes on.</summary>
    /// <exception cref="SqliteException">It is not forgotten.</exception>
    public void ClearCleanEnd()
    {
        lock (_lock)
        {
            Execute("DELETE FROM clean_end");
        }
    }

    /// <summary>Whether a run ended here, and everything of it is stored.</summary>
    /// <exception cref="SqliteException">The file is damaged.</exception>
    public bool IsCleanEnd(long position)
    {
        lock (_lock)
        {
            using var select = Command("SELECT 1 FROM clean_end WHERE position = $position");
            select.Parameters.AddWithValue("$position", position);
            return select.ExecuteScalar() is not null;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _connection.Dispose();
        }
    }

    private byte[] ReadSealed(long position, string select)
    {
        using var command = Command(select);
        command.Parameters.AddWithValue("$position", position);
        return Unseal(command.ExecuteScalar() as byte[] ?? throw new InvalidDataException("it is missing in its file"));
    }

    // A hash in front: SQLite has none.
    private static byte[] Seal(ReadOnlySpan<byte> content) => [.. XxHash3.Hash(content), .. content];

    private static byte[] Unseal(byte[] sealedContent)
    {
        const int HashBytes = 8;
        return sealedContent.Length >= HashBytes
            && XxHash3.Hash(sealedContent.AsSpan(HashBytes)).AsSpan().SequenceEqual(sealedContent.AsSpan(0, HashBytes))
                ? sealedContent[HashBytes..]
                : throw new InvalidDataException("what is known of it is damaged");
    }

    private void Execute(string statements)
    {
        using var command = Command(statements);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string text)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        return command;
    }

    private static long? PositionOf(string path) =>
        System.IO.Path.GetFileName(path) is var name
        && long.TryParse(name.AsSpan(Prefix.Length, Math.Max(0, name.Length - Prefix.Length - Suffix.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? position
            : null;

    /// <summary>Inserts rows without copying what is in them, as the parameters of a command would.</summary>
    private sealed class Insertion : IDisposable
    {
        private readonly SqliteConnection _connection;
        private readonly sqlite3_stmt _statement;

        public Insertion(SqliteConnection connection)
        {
            _connection = connection;
            Check(raw.sqlite3_prepare_v2(
                connection.Handle,
                "INSERT OR REPLACE INTO segment (position, head, detail, parts, data) VALUES (?, ?, ?, ?, ?)",
                out _statement));
        }

        public void Run(SegmentRow row)
        {
            Check(raw.sqlite3_bind_int64(_statement, 1, row.Start.Position));
            Bind(2, Seal(row.Head));
            Bind(3, Seal(row.Detail));
            Bind(4, Seal(row.Parts));
            Bind(5, row.Data);
            Check(raw.sqlite3_step(_statement));
            Check(raw.sqlite3_reset(_statement));
        }

        public void Dispose() => _statement.Dispose();

        // Of no bytes it would make a NULL.
        private void Bind(int index, ReadOnlySpan<byte> bytes) => Check(bytes.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, index, 0)
            : raw.sqlite3_bind_blob(_statement, index, bytes));

        private void Check(int result)
        {
            if (result is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW))
            {
                SqliteException.ThrowExceptionForRC(result, _connection.Handle);
            }
        }
    }

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
