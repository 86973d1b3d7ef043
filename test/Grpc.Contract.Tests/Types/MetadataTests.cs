using Grpc.Core;

namespace Grpc.Contract.Tests.Types;

public sealed class MetadataTests
{
    [Test]
    public void Key_WithUpperCase_IsLowered() =>
        Assert.That(new Metadata.Entry("X-Note.1_a", "v").Key, Is.EqualTo("x-note.1_a"));

    [TestCase("with space")]
    [TestCase("colon:")]
    [TestCase("ü")]
    [TestCase("\u212A", Description = "the Kelvin sign, whose lower case is a plain k")]
    public void Key_Malformed_Throws(string key) =>
        Assert.That(() => new Metadata.Entry(key, "v"), Throws.ArgumentException);

    [Test]
    public void Entry_TextUnderBinaryKey_Throws() =>
        Assert.That(() => new Metadata.Entry("a-bin", "text"), Throws.ArgumentException);

    [Test]
    public void Entry_BytesUnderTextKey_Throws() =>
        Assert.That(() => new Metadata.Entry("a", new byte[1]), Throws.ArgumentException);

    [Test]
    public void Entry_Binary_CopiesItsBytesAndHasNoText()
    {
        byte[] bytes = [1, 2];
        var entry = new Metadata.Entry("a-bin", bytes);
        bytes[0] = 9;
        entry.ValueBytes[1] = 9;

        Assert.Multiple(() =>
        {
            Assert.That(entry.IsBinary, Is.True);
            Assert.That(entry.ValueBytes, Is.EqualTo(new byte[] { 1, 2 }));
            Assert.That(() => entry.Value, Throws.InvalidOperationException);
        });
    }

    [Test]
    public void Entry_Text_HasBytes() =>
        Assert.That(new Metadata.Entry("a", "AB").ValueBytes, Is.EqualTo(new byte[] { 65, 66 }));

    [Test]
    public void Get_KeyTwice_GivesTheLastInAnyCase()
    {
        var metadata = new Metadata { { "a", "1" }, { "A", "2" } };

        Assert.Multiple(() =>
        {
            Assert.That(metadata.GetValue("a"), Is.EqualTo("2"));
            Assert.That(metadata.Get("A")!.Value, Is.EqualTo("2"));
            Assert.That(metadata.GetAll("A").Select(e => e.Value), Is.EqualTo(new[] { "1", "2" }));
            Assert.That(metadata.GetValue("b"), Is.Null);
            Assert.That(metadata.GetValueBytes("b"), Is.Null);
        });
    }

    [Test]
    public void Empty_Changed_Throws() =>
        Assert.Multiple(() =>
        {
            Assert.That(Metadata.Empty.IsReadOnly, Is.True);
            Assert.That(() => Metadata.Empty.Add("a", "1"), Throws.InvalidOperationException);
            Assert.That(() => Metadata.Empty.Clear(), Throws.InvalidOperationException);
        });

    [Test]
    public void List_Members_BehaveAsOfAList()
    {
        var one = new Metadata.Entry("a", "1");
        var two = new Metadata.Entry("b", "2");
        var metadata = new Metadata { two };
        metadata.Insert(0, one);
        metadata[1] = one;
        metadata.RemoveAt(0);
        var copy = new Metadata.Entry[2];
        metadata.CopyTo(copy, 1);

        Assert.Multiple(() =>
        {
            Assert.That(copy[1], Is.SameAs(one));
            Assert.That(metadata.IndexOf(one), Is.Zero);
            Assert.That(metadata.Contains(two), Is.False);
            Assert.That(metadata.Remove(one), Is.True);
            Assert.That(metadata, Is.Empty);
        });
    }
}
