using Monitor.Bpf.Schema;

namespace Monitor.Bpf.Tests;

/// <summary>Files that are no BPF objects, or were some.</summary>
internal sealed class HostileFileTests
{
    private string _path = null!;

    [SetUp]
    public void MakePath() => _path = Path.GetTempFileName();

    [TearDown]
    public void RemoveFile() => File.Delete(_path);

    [Test]
    public void Open_MissingFile_SaysSo()
    {
        var e = Assert.Throws<BpfException>(() => BpfObject.Open(_path + ".nowhere"));
        Assert.That(e!.ErrnoName, Is.EqualTo("ENOENT"));
        Assert.That(e.Message, Does.Contain(".nowhere"));
    }

    [Test]
    public void Open_AboveTheLimit_SaysBothSizes()
    {
        using (var file = File.OpenWrite(_path))
        {
            file.SetLength(ObjectFile.MaximumBytes + 1);
        }

        var e = Assert.Throws<BpfException>(() => BpfObject.Open(_path));
        Assert.That(e!.Message, Does.Contain("16777217").And.Contain("16777216"));
    }

    [TestCase("/dev/zero")]
    [TestCase("/proc/self/status")]
    [TestCase("/")]
    [TestCase("/bin/sh")]
    public void Open_AnythingElse_IsRefused(string other) =>
        Assert.That(Assert.Throws<BpfException>(() => BpfObject.Open(other))!.Message, Does.Contain(other));

    [Test]
    public void Open_EveryTruncation_IsRefused()
    {
        var whole = File.ReadAllBytes(TestObjects.Path("connects"));
        for (var length = 0; length < whole.Length; length += 37)
        {
            File.WriteAllBytes(_path, whole.AsSpan(0, length));
            Assert.Throws<BpfException>(() => BpfObject.Open(_path), $"{length} of {whole.Length} bytes");
        }
    }

    [TestCase("connects", 1)]
    [TestCase("hooks", 2)]
    [TestCase("tasks", 3)]
    public void Open_RandomDamage_IsOpenedOrRefusedWithoutACrash(string name, int seed)
    {
        var whole = File.ReadAllBytes(TestObjects.Path(name));
        var random = new Random(seed);
        var refused = 0;
        for (var i = 0; i < 1500; i++)
        {
            var damaged = (byte[])whole.Clone();
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                damaged[random.Next(damaged.Length)] = random.Next(4) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }

            File.WriteAllBytes(_path, damaged);
            try
            {
                using var opened = BpfObject.Open(_path);
                _ = opened.FindStruct("test_record");
            }
            catch (BpfException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.GreaterThan(0));
    }

    [Test]
    public void ReadSchema_RandomDamageOfTypes_IsReadOrRefusedWithoutACrash()
    {
        var whole = File.ReadAllBytes(TestObjects.Path("schema"));
        var types = whole.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x9F, 0xEB, 1]);
        var random = new Random(7);
        var (read, refused) = (0, 0);
        for (var i = 0; i < 1500; i++)
        {
            var damaged = (byte[])whole.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                damaged[random.Next(types, types + 6000)] = random.Next(4) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }

            File.WriteAllBytes(_path, damaged);
            try
            {
                using var opened = BpfObject.Open(_path);
                var schema = RecordSchema.Read(opened);
                Assert.That(schema.Fields.Where(f => !LiesIn(f, schema.Size)), Is.Empty);
                read++;
            }
            catch (BpfException)
            {
                refused++;
            }
        }

        Assert.That(read, Is.GreaterThan(0));
        Assert.That(refused, Is.GreaterThan(0));
        TestContext.Out.WriteLine($"{read} read, {refused} refused");
    }

    [TestCase("schema", 8)]
    [TestCase("kernel_functions", 9)]
    public void Inspect_RandomDamage_IsInspectedOrRefusedWithoutACrash(string name, int seed)
    {
        var whole = File.ReadAllBytes(TestObjects.Path(name));
        var random = new Random(seed);
        var (inspected, refused) = (0, 0);
        for (var i = 0; i < 1500; i++)
        {
            var damaged = (byte[])whole.Clone();
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                damaged[random.Next(damaged.Length)] = random.Next(4) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }

            File.WriteAllBytes(_path, damaged);
            try
            {
                using var opened = BpfObject.Open(_path);
                Assert.That(ObjectInspection.Of(opened).Bytes, Is.GreaterThanOrEqualTo(0));
                inspected++;
            }
            catch (BpfException)
            {
                refused++;
            }
        }

        Assert.That(inspected, Is.GreaterThan(0));
        Assert.That(refused, Is.GreaterThan(0));
    }

    [Test]
    public void Open_FunctionsThatOverlap_AreRefused()
    {
        // A symbol table at the end of the file, which has one function four thousand times.
        var file = File.ReadAllBytes(TestObjects.Path("hooks"));
        var table = BitConverter.ToInt32(file, 40);
        var symbols = Enumerable.Range(0, BitConverter.ToUInt16(file, 60))
            .Select(i => table + (i * 64))
            .Single(header => BitConverter.ToInt32(file, header + 4) == 2);
        var (from, size) = (BitConverter.ToInt32(file, symbols + 24), BitConverter.ToInt32(file, symbols + 32));
        var function = Enumerable.Range(0, size / 24).Select(i => from + (i * 24)).First(at => (file[at + 4] & 0xF) == 2);
        byte[] copies = [.. Enumerable.Repeat(file[function..(function + 24)], 4000).SelectMany(symbol => symbol)];
        BitConverter.TryWriteBytes(file.AsSpan(symbols + 24), (long)file.Length);
        BitConverter.TryWriteBytes(file.AsSpan(symbols + 32), (long)copies.Length);
        File.WriteAllBytes(_path, [.. file, .. copies]);
        Assert.That(Assert.Throws<BpfException>(() => BpfObject.Open(_path))!.Message, Does.Contain("functions overlap"));
    }

    [Test]
    public void Open_FirstSectionWithContent_IsRefused()
    {
        // By definition there is none, and libbpf does not look at it.
        var file = File.ReadAllBytes(TestObjects.Path("hooks"));
        var first = BitConverter.ToInt32(file, 40);
        var copied = new ObjectBytes(file).SectionHeader(".symtab");
        file.AsSpan(copied, 64).CopyTo(file.AsSpan(first));
        BitConverter.TryWriteBytes(file.AsSpan(first + 24), 1L << 40);
        File.WriteAllBytes(_path, file);
        Assert.That(Assert.Throws<BpfException>(() => BpfObject.Open(_path))!.Message, Does.Contain("first section"));
    }

    private static bool LiesIn(RecordField field, int size) =>
        field is { BitOffset: >= 0, Count: > 0, Size: > 0 }
        && field.BitOffset + (field.BitSize != 0 ? field.BitSize : field.Size * field.Count * 8L) <= size * 8L;

    /// <summary>In a process of its own: libbpf is C, and goes through all of an object when it loads it.</summary>
    [RequiresKernel]
    [TestCase("connects", 4)]
    [TestCase("hooks", 5)]
    [TestCase("tasks", 6)]
    public async Task Load_RandomDamage_IsLoadedOrRefusedWithoutACrash(string name, int seed)
    {
        var whole = File.ReadAllBytes(TestObjects.Path(name));
        var random = new Random(seed);
        var loaded = 0;
        var wholeLoads = false;
        using var child = ChildProcess.Start(ChildProcess.LoadEach);
        for (var i = 0; i < 100; i++)
        {
            var damaged = (byte[])whole.Clone();
            for (var n = i == 0 ? 0 : random.Next(1, 6); n > 0; n--)
            {
                damaged[random.Next(damaged.Length)] = random.Next(4) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }

            await File.WriteAllBytesAsync(_path, damaged);
            await child.StandardInput.WriteLineAsync(_path);
            var line = await child.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            Assert.That(line, Is.Not.Null.And.Not.Empty, $"input {i} of seed {seed} ended the process: {Convert.ToBase64String(damaged)}");
            loaded += line == ChildProcess.Loaded ? 1 : 0;
            wholeLoads |= i == 0 && line == ChildProcess.Loaded;
        }

        child.StandardInput.Close();
        await child.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(child.ExitCode, Is.Zero);
        // The first is not damaged. A kernel that has not all of its hooks refuses it, and the others as well.
        Assert.That(loaded, wholeLoads ? Is.InRange(1, 99) : Is.Zero);
    }
}
