using System.Globalization;
using System.Text.RegularExpressions;
using Monitor.Sandbox.SystemCalls;

namespace Monitor.Sandbox.Tests;

/// <summary>The numbers, against the kernel's headers.</summary>
internal sealed partial class SystemCallTableTests
{
    private static readonly SystemCall[] All =
    [
        .. SystemCallTable.Allowed, .. SystemCallTable.Checked, .. SystemCallTable.Missing, .. SystemCallTable.Tracing, .. SystemCallTable.Fatal,
    ];

    [TestCase("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", nameof(FilterArchitecture.X64))]
    [TestCase("/usr/include/asm-generic/unistd.h", nameof(FilterArchitecture.Arm64))]
    public void Numbers_AreThoseOfTheHeaders(string header, string architecture)
    {
        if (!File.Exists(header))
        {
            Assert.Ignore($"{header} is not here (linux-libc-dev of that architecture)");
        }

        var numbers = Read(header);
        foreach (var call in All)
        {
            var expected = numbers.GetValueOrDefault(call.Name, SystemCall.None);
            Assert.That(call.Number(Enum.Parse<FilterArchitecture>(architecture)), Is.EqualTo(expected), call.Name);
        }
    }

    [Test]
    public void EachCall_HasOnePlace() => Assert.That(All.Select(call => call.Name), Is.Unique);

    // What has two numbers for two word sizes is __NR3264_name there, and 64 bits give it the name.
    private static Dictionary<string, int> Read(string header)
    {
        var lines = File.ReadAllLines(header).Select(line => Definition().Match(line)).Where(match => match.Success).ToList();
        var numbers = lines.Where(match => int.TryParse(match.Groups[2].Value, out _))
            .GroupBy(match => match.Groups[1].Value)
            .ToDictionary(group => group.Key, group => int.Parse(group.First().Groups[2].Value, CultureInfo.InvariantCulture));
        foreach (var (name, other) in lines.Select(match => (match.Groups[1].Value, match.Groups[2].Value)))
        {
            if (numbers.TryGetValue(other.Replace("__NR3264_", "3264_", StringComparison.Ordinal), out var number))
            {
                numbers.TryAdd(name, number);
            }
        }

        return numbers;
    }

    [GeneratedRegex(@"^\s*#\s*define __NR_?(\w+)\s+(\w+)")]
    private static partial Regex Definition();
}
