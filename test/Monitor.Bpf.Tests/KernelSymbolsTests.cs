using System.Globalization;
using System.Text;
using Monitor.Bpf.Kernel;

namespace Monitor.Bpf.Tests;

/// <summary>Names of functions, from a sample and from the running kernel.</summary>
internal sealed class KernelSymbolsTests
{
    private const string Sample =
        """
        0000000000000000 A fixed_percpu_data
        ffffffff81000000 T _stext
        ffffffff81000100 t tcp_v4_rcv
        ffffffff81000100 T tcp_v4_rcv_alias
        ffffffff81000180 D some_data
        ffffffff81000200 W weak_one
        not a line
        ffffffffc0a01000 t nft_do_chain	[nf_tables]
        ffffffffc0900000 t other	[veth]
        """;

    [TestCase(0xffffffff81000000, "_stext+0x0")]
    [TestCase(0xffffffff8100011a, "tcp_v4_rcv_alias+0x1a")]
    [TestCase(0xffffffff81000190, "tcp_v4_rcv_alias+0x90")]
    [TestCase(0xffffffff81000201, "weak_one+0x1")]
    [TestCase(0xffffffffc0a01010, "nft_do_chain+0x10 [nf_tables]")]
    [TestCase(0xffffffffc0900000, "other+0x0 [veth]")]
    [TestCase(0xffffffff80ffffff, null)]
    [TestCase(0xffffffffa0000000, null, Description = "in the hole before the modules")]
    [TestCase(0ul, null)]
    public void Resolve_Address_GivesTheFunctionAndOffset(ulong address, string? expected)
    {
        var table = SymbolTable.Read(new MemoryStream(Encoding.ASCII.GetBytes(Sample)));
        Assert.That(table.Resolve(address, 1 << 20), Is.EqualTo(expected));
    }

    [Test]
    public void Resolve_HiddenAddresses_AreUnavailable()
    {
        var table = SymbolTable.Read(new MemoryStream("0000000000000000 T _stext\n0000000000000000 t foo\n"u8.ToArray()));
        Assert.That(table.Count, Is.Zero);
        Assert.That(new KernelSymbols("/nowhere", "/nowhere", default).IsAvailable, Is.False);
        Assert.That(new KernelSymbols("/nowhere", "/nowhere", default).Resolve(1), Is.Null);
    }

    [Test]
    public void Resolve_AfterAModuleWasLoaded_ReadsTheTableAgain()
    {
        var folder = Directory.CreateTempSubdirectory("symbols");
        try
        {
            var (table, modules) = (Path.Combine(folder.FullName, "kallsyms"), Path.Combine(folder.FullName, "modules"));
            File.WriteAllText(table, "ffffffff81000000 T _stext\n");
            File.WriteAllText(modules, "veth 40960 0 - Live 0xffffffffc0900000\n");
            var symbols = new KernelSymbols(table, modules, TimeSpan.FromMilliseconds(20));
            Assert.That(symbols.Resolve(0xffffffffc0a01010), Is.Null);

            // Used by one more: no other addresses.
            File.WriteAllText(modules, "veth 40960 1 - Live 0xffffffffc0900000\n");
            Thread.Sleep(200);
            Assert.That((symbols.Resolve(0xffffffffc0a01010), symbols.Generation), Is.EqualTo(((string?)null, 0)));

            File.WriteAllText(table, Sample);
            File.AppendAllText(modules, "nf_tables 380928 0 - Live 0xffffffffc0a01000\n");
            Assert.That(() => symbols.Resolve(0xffffffffc0a01010), Is.EqualTo("nft_do_chain+0x10 [nf_tables]").After(10_000, 20));
            Assert.That(symbols.Generation, Is.EqualTo(1));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void Read_TwoHundredThousandSymbols_StaysWithinEightMebibytes()
    {
        var text = new StringBuilder();
        for (var i = 0ul; i < 200_000; i++)
        {
            // 22 bytes of name, as the kernel's have on average.
            text.Append(CultureInfo.InvariantCulture, $"{0xffffffff81000000 + (i * 64):x16} t a_function_name_{i:d6}\n");
        }

        var table = SymbolTable.Read(new MemoryStream(Encoding.ASCII.GetBytes(text.ToString())));
        Assert.That(table.Count, Is.EqualTo(200_000));
        Assert.That(table.MemoryBytes, Is.LessThanOrEqualTo(8 << 20));
        Assert.That(table.Resolve(0xffffffff81000000 + (64 * 123_456) + 5, 1 << 20), Is.EqualTo("a_function_name_123456+0x5"));
    }

    [Test]
    [RequiresKernel]
    public void Resolve_RunningKernel_FindsItsOwnAddresses()
    {
        var symbols = new KernelSymbols();
        if (!symbols.IsAvailable)
        {
            Assert.Ignore("kernel.kptr_restrict hides addresses here.");
        }

        var line = File.ReadLines("/proc/kallsyms").First(l => l.EndsWith(" T tcp_v4_rcv", StringComparison.Ordinal));
        var address = ulong.Parse(line.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        Assert.That(symbols.Resolve(address + 3), Is.EqualTo("tcp_v4_rcv+0x3"));
    }
}
