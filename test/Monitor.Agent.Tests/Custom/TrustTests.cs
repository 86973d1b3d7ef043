using Monitor.Agent.Custom;
using Monitor.Agent.Tests.Kernel;
using NSec.Cryptography;
using Text = System.Text.Encoding;

namespace Monitor.Agent.Tests.Custom;

/// <summary>What is not loaded, and that the reason is said.</summary>
[RequiresKernel]
internal sealed class TrustTests
{
    private static readonly Ed25519 Algorithm = SignatureAlgorithm.Ed25519;

    [Test]
    public async Task File_ThatOthersMayWrite_IsRefused()
    {
        await using var folder = new FollowedFolder();
        folder.Put("ticks", TestObjects.Bytes("ticks"));
        Command.Run("chmod", "o+w", folder.FileOf("ticks"));
        await folder.FollowAsync();

        Assert.That(folder.Entry("ticks").Error, Does.Contain("others than root can change").And.Contain("chmod go-w"));
        Assert.That(folder.Entry("ticks").Pipeline, Is.Null);
    }

    [Test]
    public async Task Folder_ThatOthersMayWrite_IsNotReadAndWhatRunsGoesOn()
    {
        await using var folder = new FollowedFolder();
        folder.Put("ticks", TestObjects.Bytes("ticks"));
        await folder.FollowAsync();
        Command.Run("chmod", "777", folder.Path);
        File.Delete(folder.FileOf("ticks"));
        await folder.FollowAsync();

        Assert.That(folder.Monitors.Problem, Does.Contain($"others than root can change {folder.Path}"));
        Assert.That(folder.Entry("ticks").Pipeline, Is.Not.Null);

        Command.Run("chmod", "700", folder.Path);
        await folder.FollowAsync();
        Assert.That(folder.Monitors.Problem, Is.Null);
        Assert.That(folder.Entry("ticks").Pipeline, Is.Null);
    }

    // As the kubelet makes it: a folder of mode 0777, links to links, and a new folder for each change.
    [Test]
    public async Task Folder_OfAConfigMap_IsReadAndFollowed()
    {
        await using var folder = new FollowedFolder();
        using var volume = new ConfigMapVolume(folder.Path);
        volume.Write("ticks", TestObjects.Bytes("ticks"));
        await folder.FollowAsync();
        Assert.That(folder.Monitors.Problem, Is.Null);
        Assert.That(folder.Entry("ticks").Error, Is.Empty);
        var before = folder.Entry("ticks").Definition!.Object.Sha256;

        volume.Write("ticks", TestObjects.Bytes("ticks_later"));
        await folder.FollowAsync();
        Assert.That(folder.Entry("ticks").Error, Is.Empty);
        Assert.That(folder.Entry("ticks").Definition!.Object.Sha256, Is.Not.EqualTo(before));

        volume.Write("ticks", TestObjects.Bytes("ticks"), "666");
        await folder.FollowAsync();
        Assert.That(folder.Entry("ticks").Error, Does.Contain("others than root can change"), "of the files nothing is excused");
    }

    // A mount that is read-only here says nothing of those who own the folder elsewhere, nor of a folder somewhere in it.
    [Test]
    public async Task Folder_MountedReadOnly_MustBeOfRootAndTheMountsOwn()
    {
        await using var folder = new FollowedFolder();
        using var volume = new ConfigMapVolume(folder.Path);
        volume.Write("ticks", TestObjects.Bytes("ticks"));
        Command.Run("chown", "65534", volume.Source);
        await folder.FollowAsync();
        Assert.That(folder.Monitors.Problem, Does.Contain($"others than root can change {folder.Path}"));

        Command.Run("chown", "0", volume.Source);
        Command.Run("mkdir", "-m", "777", $"{volume.Source}/inside");
        Assert.That(FolderTrust.ProblemOf(folder.Path), Is.Null);
        Assert.That(FolderTrust.ProblemOf($"{folder.Path}/inside"), Does.Contain("others than root can change"));
    }

    [Test]
    public void Folder_BehindALink_IsAsGoodAsWhatLeadsToIt()
    {
        var root = Directory.CreateTempSubdirectory("linked").FullName;
        try
        {
            Directory.CreateDirectory($"{root}/open/monitors");
            Directory.CreateSymbolicLink($"{root}/link", $"{root}/open/monitors");
            Assert.That(FolderTrust.ProblemOf($"{root}/link"), Is.Null);

            Command.Run("chmod", "o+w", $"{root}/open");
            Assert.That(FolderTrust.ProblemOf($"{root}/link"), Does.Contain($"others than root can change {root}/open:"));

            Directory.CreateSymbolicLink($"{root}/circle", $"{root}/circle");
            Assert.That(FolderTrust.ProblemOf($"{root}/circle"), Is.Not.Null);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Test]
    public async Task Pipe_InTheFolder_IsNoObjectAndNobodyWaitsForIt()
    {
        await using var folder = new FollowedFolder();
        Command.Run("mkfifo", folder.FileOf("pipe"));
        FollowedFolder.Settle(folder.FileOf("pipe"));

        await Task.Run(folder.FollowAsync).WaitAsync(Limit.OfSeconds(10));

        Assert.That(folder.Entry("pipe").Error, Does.Contain("no regular file"));
    }

    [Test]
    public async Task Link_InCircles_IsOneBadObjectAndNotABadFolder()
    {
        await using var folder = new FollowedFolder();
        File.CreateSymbolicLink(folder.FileOf("circle"), folder.FileOf("circle"));
        File.CreateSymbolicLink(folder.FileOf("nowhere"), "/no/such/file");
        folder.Put("ticks", TestObjects.Bytes("ticks"));
        await folder.FollowAsync();

        Assert.That(folder.Monitors.Problem, Is.Null);
        Assert.That(folder.Entry("ticks").Error, Is.Empty);
        Assert.That(folder.Entry("circle").Error, Does.Contain("circle.bpf.o"));
        Assert.That(folder.Monitors.Entries.Select(entry => entry.Name), Does.Not.Contain("nowhere"));
    }

    [TestCase("pinned", "left_behind is pinned")]
    [TestCase("own_counters", "its map counters is not that of this version's monitor.h")]
    [TestCase("own_events", "leave max_entries out")]
    public async Task Object_WithMapsThatTheAgentCannotUse_IsRefused(string name, string reason)
    {
        await using var folder = new FollowedFolder();
        folder.Put(name, TestObjects.Bytes(name));
        await folder.FollowAsync();

        Assert.That(folder.Entry(name).Error, Does.Contain(reason));
        Assert.That(File.Exists("/sys/fs/bpf/left_behind"), Is.False);
        Assert.That(folder.Failure, Is.Null);
    }

    [Test]
    public async Task Program_ThatChangesState_NeedsItsHelperAllowed()
    {
        await using var folder = new FollowedFolder();
        folder.Put("kills", TestObjects.Bytes("kills"));
        await folder.FollowAsync();
        Assert.That(folder.Entry("kills").Error, Does.Contain("bpf_send_signal").And.Contain("--monitors-allow bpf_send_signal"));

        await using var allowing = new FollowedFolder(allowed: ["send_signal"]);
        allowing.Put("kills", TestObjects.Bytes("kills"));
        await allowing.FollowAsync();
        Assert.That(allowing.Entry("kills").Error, Is.Empty);
        Assert.That(allowing.Entry("kills").Pipeline, Is.Not.Null);
    }

    [Test]
    public async Task Program_ThatCallsIntoTheMiddleOfAFunction_IsRefused()
    {
        var bytes = TestObjects.Bytes("conceals");
        await using var folder = new FollowedFolder();
        folder.Put("conceals", bytes);
        await folder.FollowAsync();
        Assert.That(folder.Entry("conceals").Error, Is.Empty);

        // The only call of a function: it leads to the first instruction of `looks`. libbpf would make it one of `kills`.
        ReadOnlySpan<byte> call = [0x85, 0x10, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF];
        var at = bytes.AsSpan().IndexOf(call);
        Assert.That(bytes.AsSpan(at + 1).IndexOf(call), Is.EqualTo(-1));
        bytes[at + 4] = 11;
        bytes.AsSpan(at + 5, 3).Clear();
        folder.Put("conceals", bytes);
        await folder.FollowAsync();
        Assert.That(folder.Entry("conceals").Error, Does.Contain("on_getpgid").And.Contain("no function of section .text begins"));
    }

    [Test]
    public async Task Program_ThatDecides_NeedsToBeAllowedAndAnInterface()
    {
        await using var refusing = new FollowedFolder();
        refusing.Put("gate", TestObjects.Bytes("gate"));
        await refusing.FollowAsync();
        Assert.That(refusing.Entry("gate").Error, Does.Contain("--monitors-allow verdicts"));

        await using var nowhere = new FollowedFolder(allowed: ["verdicts"]);
        nowhere.Put("gate", TestObjects.Bytes("gate"));
        await nowhere.FollowAsync();
        Assert.That(nowhere.Entry("gate").Error, Does.Contain("--monitors-attach gate.on_packet=INTERFACE"));

        await using var somewhere = new FollowedFolder(allowed: ["verdicts"], targets: new() { ["on_packet"] = "lo" });
        somewhere.Put("gate", TestObjects.Bytes("gate"));
        await somewhere.FollowAsync();
        Command.Python("s = socket.socket(type=socket.SOCK_DGRAM)\nfor i in range(10): s.sendto(b'x' * 100, ('127.0.0.1', 9))");
        await somewhere.StopAsync();
        Assert.That(somewhere.Entry("gate").Error, Is.Empty);
        Assert.That(somewhere.Events.Count(told => told.Custom.Fields["length"].Number == 142), Is.AtLeast(10));
    }

    [TestCase("nested", "--monitors-memory")]
    [TestCase("per_task", "map of_each_task (TaskStorage) has a value for each socket, file, task or cgroup, and no bound")]
    public async Task Object_WithMoreMemoryThanItsMapsSay_IsRefused(string name, string reason)
    {
        await using var folder = new FollowedFolder(maxMapBytes: 64 << 20);
        folder.Put(name, TestObjects.Bytes(name));
        await folder.FollowAsync();

        Assert.That(folder.Entry(name).Error, Does.Contain(reason));
    }

    [TestCase(1000, 100_000, "--monitors-memory")]
    [TestCase(64 << 20, 100, "--monitors-instructions")]
    public async Task Object_BeyondALimit_IsRefusedWithTheSetting(long maxMapBytes, long maxInstructions, string setting)
    {
        await using var folder = new FollowedFolder(maxMapBytes: maxMapBytes, maxInstructions: maxInstructions);
        folder.Put("ticks", TestObjects.Bytes("ticks"));
        await folder.FollowAsync();

        Assert.That(folder.Entry("ticks").Error, Does.Contain(setting));
    }

    [Test]
    public async Task Key_OfPem_OnlyWhatItSignedIsLoaded()
    {
        using var key = Key.Create(Algorithm, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        var pem = Text.ASCII.GetString(key.PublicKey.Export(KeyBlobFormat.PkixPublicKeyText));
        await using var folder = new FollowedFolder(MonitorKey.Parse(pem));
        var content = TestObjects.Bytes("ticks");
        folder.Put("ticks", content);
        await folder.FollowAsync();
        Assert.That(folder.Entry("ticks").Error, Does.Contain("there is no").And.Contain("ticks.bpf.o.sig"));

        Sign(folder, Algorithm.Sign(key, content));
        await folder.FollowAsync();
        Assert.That(folder.Entry("ticks").Error, Is.Empty);

        folder.Put("ticks", TestObjects.Bytes("ticks_later"));
        await folder.FollowAsync();
        Assert.That(folder.Entry("ticks").Error, Does.Contain("its signature is not one of this object"));
        Assert.That(folder.Entry("ticks").Pipeline, Is.Not.Null, "the version before it goes on");
    }

    // minisign(1) of Debian is the witness: its keys and signatures are what users have.
    [Test]
    public void Key_OfMinisign_AcceptsItsSignaturesAndNoOther()
    {
        var folder = Directory.CreateTempSubdirectory("minisign").FullName;
        try
        {
            var file = Path.Combine(folder, "ticks.bpf.o");
            File.WriteAllBytes(file, TestObjects.Bytes("ticks"));
            Command.Run("minisign", "-G", "-W", "-p", $"{folder}/key.pub", "-s", $"{folder}/key");
            var key = MonitorKey.Parse(File.ReadAllText($"{folder}/key.pub"));
            foreach (var kind in new[] { "-S", "-Sl" })
            {
                Command.Run("minisign", kind, "-s", $"{folder}/key", "-m", file);
                var signature = File.ReadAllText(file + key.Extension);

                Assert.That(() => key.Check(File.ReadAllBytes(file), signature), Throws.Nothing, kind);
                Assert.That(() => key.Check([.. File.ReadAllBytes(file), 0], signature), Throws.Exception, kind);
                Assert.That(() => key.Check(File.ReadAllBytes(file), signature.Replace("timestamp", "Timestamp")), Throws.Exception, "the signed comment is another");
            }

            Command.Run("minisign", "-G", "-W", "-p", $"{folder}/other.pub", "-s", $"{folder}/other");
            var other = MonitorKey.Parse(File.ReadAllText($"{folder}/other.pub"));
            Assert.That(() => other.Check(File.ReadAllBytes(file), File.ReadAllText(file + ".minisig")), Throws.Exception);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("")]
    [TestCase("untrusted comment: minisign public key\nRWQ")]
    [TestCase("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    [TestCase("hello")]
    public void Key_ThatIsNone_IsRefused(string text) => Assert.That(() => MonitorKey.Parse(text), Throws.TypeOf<FormatException>());

    [TestCase("")]
    [TestCase("a\nb\nc\nd")]
    [TestCase("untrusted comment: x\n\ntrusted comment: y\n\n")]
    public void Signature_ThatIsNone_IsRefused(string text)
    {
        using var key = Key.Create(Algorithm, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        byte[] minisign = [.. "Ed"u8, .. new byte[8], .. key.PublicKey.Export(KeyBlobFormat.RawPublicKey)];

        Assert.That(() => MonitorKey.Parse(Convert.ToBase64String(minisign)).Check([1], text), Throws.Exception);
    }

    private static void Sign(FollowedFolder folder, byte[] signature)
    {
        File.WriteAllText(folder.FileOf("ticks") + ".sig", Convert.ToBase64String(signature) + "\n");
        FollowedFolder.Settle(folder.FileOf("ticks") + ".sig");
    }
}
