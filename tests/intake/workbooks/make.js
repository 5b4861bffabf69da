// Writes the workbooks beside it with programs that have nothing in common with the library that reads them:
//   npm install xlsx@0.16.9 && node make.js
//   ssconvert sheetjs.xlsx gnumeric.ods && ssconvert -T Gnumeric_Excel:excel_biff8 sheetjs.xlsx gnumeric.xls
const XLSX = require("xlsx");

const day = (serial) => ({ t: "n", v: serial, z: "dd/mm/yyyy hh:mm" });
const text = (value) => ({ t: "s", v: value, z: "@" });
const header = ["Mã hóa đơn", "Thời gian", "Mã khách hàng", "Tên khách hàng", "Điện thoại", "Số CCCD", "Khách cần trả"].map(text);

function sheet(title, rows) {
  const cells = [[text(title)], [], header, ...rows];
  const made = XLSX.utils.aoa_to_sheet(cells);
  made["!merges"] = [{ s: { r: 0, c: 0 }, e: { r: 0, c: 6 } }];
  return made;
}

const book = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(book, sheet("DANH SÁCH HÓA ĐƠN THÁNG 5", [
  // 46143.4375 is 1 May 2026, 10:30
  [text("HD1"), day(46143.4375), text("KH1"), text("Trần Thị Ánh"), text("0901234567"), text("079000000001"), 50000],
  [text("HD2"), day(46144.75), text("KH2"), text("Đỗ Hữu Phước"), text("0907654321"), text("079000000002"), text("70.000")],
]), "Tháng 5");
XLSX.utils.book_append_sheet(book, sheet("DANH SÁCH HÓA ĐƠN THÁNG 6", [
  [text("HD3"), day(46174.5), text("KH1"), text("Trần Thị Ánh"), text("0901234567"), text("079000000001"), 30000],
  [text("HD4"), {}, text("KH2"), text("Đỗ Hữu Phước"), text("0907654321"), text("079000000002"), 20000],
]), "Tháng 6");
XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([[text("Ghi chú")], [text("Xuất từ máy tính tiền")]]), "Ghi chú");

for (const [ending, kind] of [["xls", "biff8"], ["xlsb", "xlsb"], ["ods", "ods"], ["xlsx", "xlsx"]]) {
  XLSX.writeFile(book, `sheetjs.${ending}`, { bookType: kind, bookSST: true, compression: true });
}
