using Microsoft.Data.Sqlite;
using Monitor.Events;
using Monitor.Events.Tests;

namespace Monitor.History.Tests;

public sealed class DamageTests
{
    [Test]
    public void File_Truncated_LosesItsEndOnly([Values(30, 60, 90)] int percent)
    {
        using var test = Filled(out _);
        Cut(test.Files.First(), percent / 100.0);

        var log = test.Start();
        log.AppendConnections(10);
        var events = StreamTests.ReadAll(log.OpenCursor(null, LogPosition.Oldest), out var losses);

        Assert.Multiple(() =>
        {
            Assert.That(test.History.Status.Problem, Does.Contain("damaged"));
            Assert.That(events[^10..].Select(made => made.Sequence), Is.EqualTo(Enumerable.Range(1, 10)));
            Assert.That(events.Count - 10 + losses.Sum(loss => (long)loss.Count), Is.LessThanOrEqualTo(20_000));
        });
        test.WaitUntilStored();
    }

    [Test]
    public void File_LastOneTruncated_ItsRunEndedAsIfItWereKilled()
    {
        using var test = Filled(out _);
        Cut(test.Files.Last(), 0.7);

        test.Start();

        Assert.That(test.History.EndedCleanly, Is.False);
        test.Stop();
        test.Start();
        Assert.That(test.History.EndedCleanly, Is.True);
    }

    [Test]
    public void Segment_LastOneDamaged_AStreamGoesOnBehindIt()
    {
        using var test = Filled(out _);
        using (var connection = new SqliteConnection($"Data Source={test.Files.Last()};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText =
                "UPDATE segment SET data = zeroblob(length(data)) WHERE position = (SELECT max(position) FROM segment WHERE length(data) > 0)";
            Assert.That(command.ExecuteNonQuery(), Is.EqualTo(1));
        }

        var log = test.Start();
        var cursor = log.OpenCursor(null, LogPosition.Oldest);
        var missing = 0UL;
        var last = 0UL;
        for (var calls = 0; cursor.HasMore; calls++)
        {
            Assert.That(calls, Is.LessThan(1_000), $"It stays at {cursor.Position}.");
            last = Math.Max(last, cursor.ReadEvents(out var batch).Select(made => made.Sequence).LastOrDefault());
            missing += (ulong)batch.Losses.Sum(loss => (long)loss.Count);
        }

        log.AppendConnections(3);
        var rest = StreamTests.ReadAll(cursor, out var losses);
        Assert.That(rest.Select(made => made.Sequence), Is.EqualTo(new ulong[] { 1, 2, 3 }));
        Assert.That(losses, Is.Empty);
        Assert.That(missing, Is.Positive);
        Assert.That(last + missing, Is.EqualTo(20_000));
    }

    [Test]
    public void File_WithAViewInPlaceOfItsTable_IsSetAside()
    {
        using var test = new HistoryTest();
        var path = Path.Combine(test.Folder, "events-00000000000000000000.sqlite");
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=false"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText =
                "CREATE VIEW segment (position, head) AS WITH RECURSIVE forever (n) AS (SELECT 1 UNION ALL SELECT n FROM forever) SELECT n, n FROM forever WHERE n = 2";
            command.ExecuteNonQuery();
        }

        var start = Task.Run(() => test.Start());
        Assert.That(start.Wait(TimeSpan.FromSeconds(20)), Is.True, "the statement of the view runs");
        start.Result.AppendConnections(10);

        Assert.That(test.History.Status.Problem, Does.Contain("views or triggers"));
        Assert.That(File.Exists(path + ".damaged"), Is.True);
        test.WaitUntilStored();
    }

    [Test]
    public void Folder_ThatEveryUserWritesTo_IsRefused()
    {
        using var test = new HistoryTest();
        File.SetUnixFileMode(test.Folder, (UnixFileMode)0b111_111_111);

        var refused = Assert.Throws<HistoryException>(() => test.Start());

        Assert.That(refused!.Message, Does.Contain("chmod o-w"));
        File.SetUnixFileMode(test.Folder, (UnixFileMode)0b111_111_000);
        test.Start();
    }

    [Test]
    public void Folder_OfAnotherUser_IsRefused()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("Only root can give a folder away.");
        }

        using var test = new HistoryTest();
        Command("chown", "65534", test.Folder);

        var refused = Assert.Throws<HistoryException>(() => test.Start());

        Assert.That(refused!.Message, Does.Contain("user 65534").And.Contain("chown "));
        Command("chown", "0", test.Folder);
        test.Start();
    }

    [TestCase("lock")]
    [TestCase("events-00000000000000000000.sqlite")]
    public void File_ThatIsALink_IsNotFollowed(string name)
    {
        using var test = new HistoryTest();
        using var elsewhere = new HistoryTest();
        var target = Path.Combine(elsewhere.Folder, "target");
        File.CreateSymbolicLink(Path.Combine(test.Folder, name), target);

        var refused = Assert.Throws<HistoryException>(() => test.Start());

        Assert.That(refused!.Message, Does.Contain($"link to '{target}'"));
        Assert.That(File.Exists(target), Is.False);
    }

    private static void Command(string name, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(name, arguments);
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero);
    }

    [Test]
    public void Files_AreTheirOwnersAlone()
    {
        using var test = Filled(out _);
        test.Start();

        Assert.That(
            Directory.EnumerateFiles(test.Folder).Select(File.GetUnixFileMode), Is.All.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public void File_InUseElsewhere_IsRefusedAndStays()
    {
        using var test = Filled(out var files);
        using var connection = new SqliteConnection($"Data Source={test.Files.Last()};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "BEGIN; SELECT count(*) FROM segment;";
        command.ExecuteScalar();

        var refused = Assert.Throws<HistoryException>(() => EventHistory.Open(
            new HistoryOptions { Folder = test.Folder }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));

        Assert.That(refused.Message, Does.Contain(test.Files.Last()).And.Contain("no other program"));
        Assert.That(test.Files.Count(), Is.EqualTo(files));
    }

    [Test]
    public void File_InTheMiddleIsGone_ItsEventsAreReportedMissing()
    {
        using var test = Filled(out var files);
        Assert.That(files, Is.GreaterThan(2));
        var middle = test.Files.ElementAt(1);
        HistoryFile.Delete(middle);

        var log = test.Start();
        var events = StreamTests.ReadAll(log.OpenCursor(null, LogPosition.Oldest), out var losses);

        Assert.Multiple(() =>
        {
            Assert.That(losses, Has.Count.EqualTo(1));
            Assert.That(losses.Sum(loss => (long)loss.Count) + events.Count, Is.EqualTo(20_000));
            Assert.That(events[^1].Sequence, Is.EqualTo(20_000));
        });
    }

    [Test]
    public void File_OfGarbage_IsPutAsideAndTheRestIsRead()
    {
        using var test = Filled(out _);
        var first = test.Files.First();
        File.WriteAllBytes(first, [.. Enumerable.Repeat((byte)0x5a, 100_000)]);

        var log = test.Start();
        var events = StreamTests.ReadAll(log.OpenCursor(null, LogPosition.Oldest), out var losses);

        Assert.Multiple(() =>
        {
            Assert.That(test.History.Status.Problem, Does.Contain(".damaged"));
            Assert.That(File.Exists(first + ".damaged"), Is.True);
            Assert.That(events[^1].Sequence, Is.EqualTo(20_000));
            Assert.That(losses, Is.Empty);
        });
    }

    [Test]
    public void Bytes_Flipped_LoseNoMoreThanTheirSegmentsAndCrashNothing([Range(1, 8)] int seed)
    {
        using var test = Filled(out _);
        var random = new Random(seed);
        foreach (var path in test.Files.ToList())
        {
            var bytes = File.ReadAllBytes(path);
            for (var flips = 0; flips < 3; flips++)
            {
                // Behind the schema.
                bytes[random.Next(40_000, bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            File.WriteAllBytes(path, bytes);
        }

        var log = test.Start();
        var events = StreamTests.ReadAll(log.OpenCursor(null, LogPosition.Oldest), out var losses);
        log.Read(new EventQuery { Limit = 10_000 });
        log.Summarize(null);

        Assert.Multiple(() =>
        {
            Assert.That(events, Is.Not.Empty);
            Assert.That(events.Count + losses.Sum(loss => (long)loss.Count), Is.LessThanOrEqualTo(20_000));
            Assert.That(events.Select(made => made.Sequence), Is.Ordered.Ascending.And.Unique);
        });
        log.AppendConnections(10);
        test.WaitUntilStored();
    }

    [Test]
    public void Disk_Full_TheLogGoesOnInMemoryAndIsStoredOnceThereIsRoom()
    {
        using var disk = new SmallDisk(12);
        using var test = new HistoryTest(Path.Combine(disk.Folder, "history"));
        var log = test.Start(64 << 20);
        log.AppendConnections(100);
        test.WaitUntilStored();
        var filling = disk.Fill();

        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(60);
        while (test.History.Status.Problem is null)
        {
            log.AppendConnections(2_000);
            Assert.That(DateTime.UtcNow, Is.LessThan(deadline), "The disk was never full.");
            Thread.Sleep(100);
        }

        Assert.That(test.History.Status.Problem, Does.Contain(test.Folder).And.Contain("full"));
        var appended = (int)log.GetStatistics().Appended;
        Assert.That(StoringTests.Sequences(log), Is.EqualTo(Enumerable.Range(1, appended)));

        File.Delete(filling);
        test.WaitUntilStored();
        Assert.That(() => test.History.Status.Problem, Is.Null.After(10_000, 100));
        test.Stop();
        Assert.That(StoringTests.Sequences(test.Start()), Is.EqualTo(Enumerable.Range(1, appended)));
    }

    private static HistoryTest Filled(out int files)
    {
        var test = new HistoryTest { MaxBytes = 32 << 20 };
        test.Start();
        var random = new Random(5);
        for (var group = 0; group < 20; group++)
        {
            for (var number = 0; number < 1_000; number++)
            {
                var made = TestEvents.Connection(test.Log.NextSequence, TestEvents.Start + (long)test.Log.NextSequence * 1000);
                made.Destination = Convert.ToHexString(Enumerable.Range(0, 100).Select(_ => (byte)random.Next(256)).ToArray());
                test.Log.Append(made);
            }

            test.Log.Publish();
            test.WaitUntilStored(test.Log.GetStatistics().Appended - 600);
        }

        test.Stop();
        files = test.Files.Count();
        return test;
    }

    private static void Cut(string path, double part)
    {
        using var file = new FileStream(path, FileMode.Open);
        file.SetLength((long)(file.Length * part));
    }
}
