using Monitor.Sandbox.Images;

namespace Monitor.Sandbox.Tests;

internal sealed class MessageTests
{
    [Test]
    public void Message_WrittenAndTaken_IsTheSameAndIsClosed()
    {
        using var message = SealedMessage.Write("hello"u8);
        var left = Duplicate(message.DescriptorNumber);

        Assert.That(SealedMessage.Take(left), Is.EqualTo("hello"u8.ToArray()));
        Assert.That(() => SealedMessage.Take(left), Throws.TypeOf<SandboxException>());
    }

    // F_DUPFD_CLOEXEC.
    private static int Duplicate(int descriptor) => Interop.Libc.fcntl(descriptor, 1030, 3);

    [Test]
    public void Message_TooLong_IsRefused() =>
        Assert.That(() => SealedMessage.Write(new byte[SealedMessage.MaxBytes + 1]), Throws.TypeOf<SandboxException>());

    [TestCase(-1)]
    [TestCase(0)]
    [TestCase(2)]
    [TestCase(100_000)]
    public void Descriptor_OfNoMessage_IsRefused(int descriptor) =>
        Assert.That(() => SealedMessage.Take(descriptor), Throws.TypeOf<SandboxException>());

    [Test]
    public void File_IsNoMessage()
    {
        using var file = File.OpenHandle("/proc/self/status");

        Assert.That(() => SealedMessage.Take((int)file.DangerousGetHandle()), Throws.TypeOf<SandboxException>());
    }
}
