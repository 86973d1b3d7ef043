using System.Globalization;
using System.IO.Hashing;
using Microsoft.Data.Sqlite;

namespace Monitor.History;

/// <summary>
/// One file of the history: an SQLite database with the segments of a stretch of the log. Its name is the position of its
/// first entry. Any thread; one call at a time reads or writes.
/// </summary>
internal sealed class HistoryFile : IDisposable
{
    private const string Prefix = "events-";
    private const string Suffix = ".sqlite";

    private readonly Lock _lock = new();
    private readonly SqliteConnection _connection;

    private HistoryFile(string path, SqliteConnection connection)
    {
        Path = path;
        _connection = connection;
    }

    public string Path { get; }

    /// <summary>Bytes on disk, with what is still in its log of changes.</summary>
    public long Bytes => LengthOf(Path) + LengthOf(Path + "-wal");

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

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="SqliteException">It cannot be read or made.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static HistoryFile Open(string path)
    {
        if (!File.Exists(path))
        {
            // SQLite gives what is beside it the same rights.
            using var made = new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                });
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            // Closed is closed: the file may be deleted then.
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            var file = new HistoryFile(path, connection);
            // Alone with the file, SQLite needs no memory that processes share. In full, a commit is on the disk when it returns.
            // Pages as large as most of what is in a row beside the entries.
            file.Execute(
                """
                PRAGMA page_size = 16384;
                PRAGMA locking_mode = EXCLUSIVE;
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                PRAGMA wal_autocheckpoint = 512;
                PRAGMA journal_size_limit = 16777216;
                PRAGMA cache_size = -2048;
                PRAGMA temp_store = MEMORY;
                CREATE TABLE IF NOT EXISTS segment (
                    position INTEGER PRIMARY KEY,
                    hash INTEGER NOT NULL,
                    head BLOB NOT NULL,
                    detail BLOB NOT NULL,
                    data BLOB NOT NULL);
                CREATE TABLE IF NOT EXISTS clean_end (position INTEGER PRIMARY KEY);
                """);
            return file;
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
    public void ReadHeads(Action<long, byte[]> take)
    {
        lock (_lock)
        {
            using var command = Command("SELECT position, head FROM segment ORDER BY position");
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                take(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
            }
        }
    }

    /// <summary>Reads a segment's detail.</summary>
    /// <exception cref="SqliteException">The file is damaged.</exception>
    /// <exception cref="InvalidDataException">The segment is.</exception>
    public byte[] ReadDetail(long position) => Read(position, withData: false).Detail;

    /// <summary>Reads a segment's detail and its entries.</summary>
    /// <exception cref="SqliteException">The file is damaged.</exception>
    /// <exception cref="InvalidDataException">The segment is.</exception>
    public (byte[] Detail, byte[] Data) Read(long position) => Read(position, withData: true);

    /// <summary>Stores segments at once, or none of them. Replaces what was there of the same entries.</summary>
    /// <exception cref="SqliteException">They are not stored.</exception>
    public void Write(IReadOnlyList<SegmentRow> rows)
    {
        lock (_lock)
        {
            using var transaction = _connection.BeginTransaction();
            using var delete = Command("DELETE FROM segment WHERE position >= $start AND position < $end");
            using var insert = Command("INSERT OR REPLACE INTO segment (position, hash, head, detail, data) VALUES ($start, $hash, $head, $detail, $data)");
            foreach (var row in rows)
            {
                delete.Parameters.Clear();
                delete.Parameters.AddWithValue("$start", row.Start.Position);
                delete.Parameters.AddWithValue("$end", row.End.Position);
                delete.ExecuteNonQuery();
                insert.Parameters.Clear();
                insert.Parameters.AddWithValue("$start", row.Start.Position);
                insert.Parameters.AddWithValue("$hash", Hash(row.Head, row.Detail));
                insert.Parameters.AddWithValue("$head", row.Head);
                insert.Parameters.AddWithValue("$detail", row.Detail);
                insert.Parameters.AddWithValue("$data", row.Data);
                insert.ExecuteNonQuery();
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

    private (byte[] Detail, byte[] Data) Read(long position, bool withData)
    {
        lock (_lock)
        {
            using var command = Command(withData
                ? "SELECT hash, head, detail, data FROM segment WHERE position = $position"
                : "SELECT hash, head, detail FROM segment WHERE position = $position");
            command.Parameters.AddWithValue("$position", position);
            using var reader = command.ExecuteReader();
            if (!reader.Read())
            {
                throw new InvalidDataException("it is missing in its file");
            }

            var detail = reader.GetFieldValue<byte[]>(2);
            return Hash(reader.GetFieldValue<byte[]>(1), detail) == reader.GetInt64(0)
                ? (detail, withData ? reader.GetFieldValue<byte[]>(3) : [])
                : throw new InvalidDataException("what is known of it is damaged");
        }
    }

    private static long Hash(byte[] head, byte[] detail)
    {
        var hash = new XxHash3();
        hash.Append(head);
        hash.Append(detail);
        return (long)hash.GetCurrentHashAsUInt64();
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

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
